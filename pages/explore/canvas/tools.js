// Copy the link of this view, and a short tour of the page: a note beside one part after another.
const TOURS = new WeakMap();

export default function tools({ data, parentElement }) {
  const root = parentElement.querySelector(".sr-tools");
  const state = TOURS.get(root) ?? build(root);
  TOURS.set(root, state);
  state.steps = data.steps;
  return () => leave(state);
}

function build(root) {
  const state = { root, at: -1, steps: [] };
  const status = el("span", { role: "status", class: "sr-status" });
  state.start = el("button", { type: "button", onclick: () => go(state, 0, 1) }, "Tour");
  root.replaceChildren(el("button", { type: "button", onclick: () => copy(status) }, "Copy link"), state.start, status);
  state.move = () => positionBubble(state);
  return state;
}

async function copy(status) {
  try {
    await navigator.clipboard.writeText(location.href);
    status.textContent = "Copied";
  } catch {
    status.textContent = "Copy it from the address bar";
  }
  setTimeout(() => {
    status.textContent = "";
  }, 4000);
}

// The next step whose part is on the page, in one direction or the other.
function go(state, at, direction) {
  while (state.steps[at] && !target(state, at)) at += direction;
  if (!state.steps[at]) return leave(state);
  if (state.at < 0) open(state);
  state.at = at;
  const step = state.steps[at];
  state.title.textContent = step.title;
  state.text.textContent = step.text;
  state.count.textContent = `${at + 1} of ${state.steps.length}`;
  state.back.disabled = at === 0;
  state.next.textContent = at === state.steps.length - 1 ? "Done" : "Next";
  target(state, at).scrollIntoView({ block: "center", behavior: "auto" });
  positionBubble(state);
  state.next.focus({ preventScroll: true });
}

function target(state, at) {
  const element = document.querySelector(state.steps[at].target);
  return element && element.getClientRects().length ? element : null;
}

function open(state) {
  state.title = el("h2", {});
  state.text = el("p", {});
  state.count = el("span", { class: "sr-count" });
  state.back = el("button", { type: "button", onclick: () => go(state, state.at - 1, -1) }, "Back");
  state.next = el("button", { type: "button", class: "sr-main", onclick: () => go(state, state.at + 1, 1) });
  const end = el("button", { type: "button", onclick: () => leave(state) }, "Leave");
  state.frame = el("div", { class: "sr-tour-frame", "aria-hidden": "true" });
  state.note = el(
    "div",
    {
      class: "sr-tour",
      role: "dialog",
      "aria-label": "Tour of this page",
      onkeydown: (input) => input.key === "Escape" && leave(state),
    },
    state.title,
    state.text,
    el("div", { class: "sr-tour-buttons" }, state.count, end, state.back, state.next),
  );
  state.root.append(state.frame, state.note);
  addEventListener("scroll", state.move, true);
  addEventListener("resize", state.move);
}

function leave(state) {
  if (state.at < 0) return;
  state.at = -1;
  removeEventListener("scroll", state.move, true);
  removeEventListener("resize", state.move);
  state.frame.remove();
  state.note.remove();
  state.start.focus({ preventScroll: true });
}

// Below its part where there is room, else above, else at the lower edge of the window.
function positionBubble(state) {
  const part = target(state, state.at);
  if (!part) return leave(state);
  const box = part.getBoundingClientRect();
  const put = (node, values) =>
    Object.entries(values).forEach(([name, size]) => {
      node.style[name] = `${size}px`;
    });
  put(state.frame, { left: box.left - 6, top: box.top - 6, width: box.width + 12, height: box.height + 12 });
  const { offsetWidth: wide, offsetHeight: tall } = state.note;
  const below = box.bottom + 16 + tall < innerHeight;
  const top = below ? box.bottom + 16 : box.top - tall - 16;
  put(state.note, {
    left: Math.min(Math.max(box.left, 12), innerWidth - wide - 12),
    top: Math.min(Math.max(top, 12), innerHeight - tall - 12),
  });
}
