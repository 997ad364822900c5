// The ten recommendations as one choice: rank, title, what is to be known of it, probability; arrow keys move.
const TENS = new WeakMap();

export default function ten({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".sr-ten");
  if (!TENS.has(root)) TENS.set(root, { root });
  const state = TENS.get(root);
  state.data = data;
  state.pick = (item) => {
    if (data.fixed || item.id === state.data.chosen) return;
    setTriggerValue("item", { item: item.id, key: data.key });
    showChosen(state, item);
  };
  setChecking(false);
  const focused = root.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  state.options = data.items.map((item) => option(state, item));
  const list = el(
    "div",
    { role: "radiogroup", "aria-label": data.label, onkeydown: (e) => step(state, e) },
    ...state.options,
  );
  root.replaceChildren(list);
  const open = state.options.find((node) => node.getAttribute("aria-checked") === "true") ?? state.options[0];
  open?.setAttribute("tabindex", "0");
  if (focused !== null) open?.focus();
  root.dataset.painted = data.key;
  return () => TENS.delete(root);
}

function option(state, item) {
  const marks = [
    item.next && el("span", { class: "sr-ten-mark sr-ten-next" }, "came next"),
    item.seen && el("span", { class: "sr-ten-mark", title: item.seen.full }, item.seen.short),
    item.before && el("span", { class: "sr-ten-mark sr-ten-before" }, item.before),
  ].filter(Boolean);
  const node = el(
    "button",
    {
      type: "button",
      role: "radio",
      tabindex: "-1",
      "aria-checked": String(item.id === state.data.chosen),
      "data-id": item.id,
      "data-item": item.row,
      title: `${item.title} · ${item.category}`,
      onclick: () => state.pick(item),
    },
    el("span", { class: "sr-ten-rank" }, String(item.rank)),
    el("span", { class: "sr-ten-dot", "aria-hidden": "true" }),
    el("span", { class: "sr-ten-title" }, item.title),
    ...marks,
    el("span", { class: "sr-ten-share" }, item.probability),
  );
  return hue(node, item.colour);
}

// The chosen title and its cells stand at once; the answer is marked until the server has the new one.
function showChosen(state, item) {
  state.options.forEach((node) => node.setAttribute("aria-checked", String(node.dataset.id === item.id)));
  setChecking(true);
  tell({ title: { session: state.data.key, item: item.row } });
}

function setChecking(checking) {
  const answer = document.querySelector(".st-key-answer");
  answer?.classList.toggle("sr-checking", checking);
  answer?.setAttribute("aria-busy", String(checking));
}

function step(state, e) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  if (!(e.key in steps)) return;
  e.preventDefault();
  const now = state.options.indexOf(document.activeElement);
  const next = state.options[(now + steps[e.key] + state.options.length) % state.options.length];
  state.options.forEach((node) => node.setAttribute("tabindex", node === next ? "0" : "-1"));
  next.focus();
}
