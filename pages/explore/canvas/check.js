// Brings the matrix what its check found; draws nothing itself.
export default function check({ data }) {
  tell({ check: data });
}
