// Brings the matrix what its check found and, once a session, what it shows of other titles; draws nothing itself.
export default function check({ data: { check, titles } }) {
  tell(titles ? { check, titles } : { check });
}
