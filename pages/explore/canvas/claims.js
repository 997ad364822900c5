// Sentences tied to their evidence: selecting one highlights its events everywhere and opens its figures.
const CLAIMS = new WeakMap();

export default function claims({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".sr-claims-root");
  if (!CLAIMS.has(root)) CLAIMS.set(root, { root });
  const state = CLAIMS.get(root);
  const moved = state.data?.stamp !== data.stamp;
  state.say = (clause) => setStateValue("clause", { stamp: data.stamp, clause });
  if (moved || !data.owner) state.open = data.open;
  state.data = data;
  draw(state);
  if (moved) light(state);
  return () => {
    if (BUS.group && BUS.group.of === state) tell({ group: null });
    CLAIMS.delete(root);
  };
}

function draw(state) {
  const { data } = state;
  const lead = data.lead.map((text) => el("p", { class: "sr-claim-lead" }, text));
  const named = el("ul", { class: "sr-claims" }, ...data.clauses.map((clause, at) => claim(state, clause, at)));
  const rest = data.rejected.map((clause, at) => claim(state, clause, data.clauses.length + at));
  const onRejected = state.open != null && state.open >= data.clauses.length;
  const folded = rest.length
    ? el(
        "details",
        {
          class: "sr-rejected",
          open: onRejected || state.unfolded,
          ontoggle: (event) => {
            state.unfolded = event.target.open;
          },
        },
        el("summary", {}, data.rejectedTitle),
        el("ul", { class: "sr-claims" }, ...rest),
      )
    : "";
  const focus = state.root.contains(document.activeElement) ? document.activeElement.dataset.claim : null;
  state.root.replaceChildren(...lead, ...(data.clauses.length ? [named] : []), folded);
  if (focus != null) state.root.querySelector(`[data-claim="${Number(focus)}"]`)?.focus();
  state.root.dataset.drawn = data.stamp;
}

function claim(state, clause, at) {
  const open = state.open === at;
  const events = () => ({ key: state.data.key, events: clause.positions, of: state });
  const button = el(
    "button",
    {
      type: "button",
      "data-claim": at,
      "aria-expanded": String(open),
      onclick: () => choose(state, open ? null : at),
      onpointerenter: () => tell({ group: events() }),
      onpointerleave: () => light(state),
    },
    el("span", { class: "sr-claim-text" }, ...(clause.label ? [el("strong", {}, clause.label), " "] : []), clause.text),
    el("span", { class: "sr-claim-more", "aria-hidden": "true" }, open ? "–" : "+"),
  );
  const line = el("li", { class: open ? "sr-claim sr-open" : "sr-claim" }, button);
  if (open) line.append(figures(clause));
  return line;
}

function figures(clause) {
  const list = el("dl", { class: "sr-claim-figures" });
  for (const [name, value] of clause.figures) list.append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  return el("div", { class: "sr-claim-proof" }, clause.detail ? el("p", {}, clause.detail) : "", list);
}

function choose(state, at) {
  state.open = at;
  draw(state);
  light(state);
  if (state.data.owner) state.say(at);
}

// The events of the open sentence, as long as it is open.
function light(state) {
  const clause = state.open == null ? null : [...state.data.clauses, ...state.data.rejected][state.open];
  const ours = BUS.group && BUS.group.of === state;
  if (clause) tell({ group: { key: state.data.key, events: clause.positions, of: state } });
  else if (ours) tell({ group: null });
}
