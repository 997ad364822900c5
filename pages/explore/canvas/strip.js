// The session as a strip of its events. Pointing at one highlights it in every head, a click locks it.
const STRIPS = new WeakMap();

export default function strip({ data, parentElement }) {
  const root = parentElement.querySelector(".sr-strip-root");
  if (!STRIPS.has(root)) {
    const state = { root };
    state.unheed = heed(() => show(state, true));
    STRIPS.set(root, state);
  }
  const state = STRIPS.get(root);
  const moved = state.data?.key !== data.key;
  state.data = data;
  build(state, moved);
  show(state, false);
  root.dataset.painted = data.key;
  return () => {
    state.unheed();
    STRIPS.delete(root);
  };
}

function build(state, moved) {
  const { data } = state;
  const list = el("ol", { class: "sr-strip", reversed: true, "aria-label": data.label });
  state.buttons = data.events.map((event, at) => card(state, event, at));
  list.append(...state.buttons.map((button) => button.parentElement).reverse());
  list.addEventListener("keydown", (input) => walk(state, input));
  const left = moved ? null : state.list?.scrollLeft;
  state.list = list;
  state.root.replaceChildren(list);
  if (left !== null && left !== undefined) list.scrollLeft = left;
  state.buttons.at(-1).tabIndex = 0;
}

function card(state, event, at) {
  const mark = event.named ? el("span", {}, "in the answer") : "";
  const button = el(
    "button",
    {
      type: "button",
      tabindex: "-1",
      "aria-pressed": "false",
      onpointerenter: () => tell({ preview: spotOf(state.data.key, state.data.events, at) }),
      onpointerleave: () => tell({ preview: null }),
      onfocus: () =>
        button.matches(":focus-visible") && tell({ preview: spotOf(state.data.key, state.data.events, at) }),
      onblur: () => tell({ preview: null }),
      onclick: () => toggle(state, at),
    },
    el("span", { class: "sr-number" }, el("span", {}, `event ${at + 1}`), mark),
    el("span", { class: "sr-title", title: event.title }, event.title),
    el("span", { class: "sr-category" }, event.category),
    el("span", { class: event.strong ? "sr-engagement sr-strong" : "sr-engagement" }, event.mark),
  );
  const line = hue(el("li", { class: event.named ? "sr-named" : "" }), event.colour);
  line.append(button);
  return button;
}

function toggle(state, at) {
  const { key, events } = state.data;
  const same = BUS.lock && BUS.lock.key === key && BUS.lock.event === at;
  tell({ preview: null, lock: same ? null : spotOf(key, events, at) });
}

// The strip reads from left to right, the latest event on the right.
function walk(state, input) {
  const now = state.buttons.indexOf(document.activeElement);
  const last = state.buttons.length - 1;
  const steps = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last };
  if (input.key === "Escape") tell({ preview: null, lock: null });
  if (now < 0 || !(input.key in steps)) return;
  input.preventDefault();
  const next = state.buttons[Math.min(Math.max(steps[input.key], 0), last)];
  state.buttons.forEach((button) => {
    button.tabIndex = button === next ? 0 : -1;
  });
  next.focus();
}

function show(state, follow) {
  if (!state.data) return;
  const light = lit(state.data.key, state.data.events);
  state.buttons.forEach((button, at) => {
    const line = button.parentElement;
    line.classList.toggle("sr-lit", at === light.event);
    line.classList.toggle("sr-same", light.same.has(at));
    const locked = Boolean(BUS.lock) && BUS.lock.key === state.data.key && BUS.lock.event === at;
    line.classList.toggle("sr-locked", locked);
    button.setAttribute("aria-pressed", String(locked));
  });
  const shown = state.buttons[light.event >= 0 ? light.event : Math.max(-1, ...light.same)];
  if (follow && shown && !state.root.matches(":hover, :focus-within")) bring(state.list, shown.parentElement);
}

// Sideways only: the page itself must not jump.
function bring(list, line) {
  const [box, edge] = [list.getBoundingClientRect(), line.getBoundingClientRect()];
  if (edge.left >= box.left && edge.right <= box.right) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  list.scrollBy({
    left: edge.left < box.left ? edge.left - box.left - 8 : edge.right - box.right + 8,
    behavior: still ? "auto" : "smooth",
  });
}
