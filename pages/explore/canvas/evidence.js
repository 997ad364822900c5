// Evidence by event: values of several methods on one axis. Pointing at an event highlights it everywhere, a click locks it.
const BARS = new WeakMap();

export default function evidence({ data, parentElement }) {
  const root = parentElement.querySelector(".sr-evidence-root");
  if (!BARS.has(root)) {
    const state = { root, byEffect: true, quantity: null };
    state.unheed = heed(() => glow(state, true));
    BARS.set(root, state);
  }
  const state = BARS.get(root);
  state.data = data;
  if (!data.switched.includes(state.quantity)) state.quantity = data.switched[0] ?? null;
  layOut(state);
  glow(state, false);
  root.dataset.drawn = data.stamp;
  return () => {
    state.unheed();
    BARS.delete(root);
  };
}

function layOut(state) {
  const { data } = state;
  const top = state.list?.scrollTop ?? 0;
  const order = [...data.events.keys()];
  const effect = (at) => Math.abs(data.events[at].shares.at(-1));
  if (state.byEffect) order.sort((a, b) => effect(b) - effect(a) || b - a);
  else order.reverse();
  state.lines = order.map((at) => row(state, data.events[at], at));
  state.lines[0].button.tabIndex = 0;
  state.list = el(
    "ol",
    { class: "sr-evidence", "aria-label": data.label, onkeydown: (input) => step(state, input) },
    ...state.lines.map((line) => line.whole),
  );
  state.root.replaceChildren(header(state), state.list);
  state.list.scrollTop = top;
}

// Of contributions and attention one is shown; the other methods always are.
function methods(state) {
  const hidden = state.data.switched.filter((key) => key !== state.quantity);
  return state.data.methods.map((method, number) => ({ ...method, number })).filter(({ key }) => !hidden.includes(key));
}

function again(state, name) {
  layOut(state);
  glow(state, false);
  state.root.querySelector(name).focus();
}

function header(state) {
  const { data } = state;
  const legend = methods(state).map((method) =>
    hue(el("span", { class: "sr-ev-key", title: method.about }, method.name), method.colour),
  );
  const sort = el(
    "button",
    {
      type: "button",
      class: "sr-ev-sort",
      onclick: () => {
        state.byEffect = !state.byEffect;
        again(state, ".sr-ev-sort");
      },
    },
    state.byEffect ? "Largest effect first" : "Latest event first",
  );
  const other = data.switched.find((key) => key !== state.quantity);
  const instead =
    other &&
    el(
      "button",
      {
        type: "button",
        class: "sr-ev-switch",
        onclick: () => {
          state.quantity = other;
          again(state, ".sr-ev-switch");
        },
      },
      other === "attention" ? "Show attention" : "Show contributions",
    );
  // A label that would stand on the zero is left out.
  const marks = [data.low, 0, data.high].filter(
    (mark) => mark === 0 || Math.abs(offsetPercent(data, mark) - offsetPercent(data, 0)) > 14,
  );
  const scale = el(
    "div",
    { class: "sr-ev-scale", "aria-hidden": "true" },
    ...marks.map((mark) => {
      const tick = el("span", {}, whole(mark));
      tick.style.left = `${offsetPercent(data, mark)}%`;
      return tick;
    }),
  );
  return el(
    "div",
    { class: "sr-evidence-head" },
    el("div", { class: "sr-ev-legend" }, ...legend, ...(instead ? [instead] : []), sort),
    el("div", { class: "sr-ev-scale-row" }, el("span", {}), scale, el("span", {})),
  );
}

function offsetPercent(data, share) {
  return (100 * (share - data.low)) / (data.high - data.low || 1);
}

function whole(share) {
  const points = Math.round(100 * share);
  return `${points < 0 ? "−" : ""}${Math.abs(points)}%`;
}

function row(state, event, at) {
  const { data } = state;
  const visible = methods(state);
  const bars = visible.map((method) => {
    const { number } = method;
    const [from, to] = [
      offsetPercent(data, Math.min(0, event.shares[number])),
      offsetPercent(data, Math.max(0, event.shares[number])),
    ];
    const against = event.shares[number] < 0 ? " sr-ev-against" : "";
    const bar = hue(el("span", { class: `sr-ev-bar${against}` }), method.colour);
    bar.style.left = `${from}%`;
    bar.style.width = `${Math.max(to - from, 0.4)}%`;
    const zero = el("span", { class: "sr-ev-zero" });
    zero.style.left = `${offsetPercent(data, 0)}%`;
    return [
      el("span", { class: "sr-ev-track", "aria-hidden": "true" }, bar, zero),
      el(
        "span",
        { class: "sr-ev-share", title: event.exact[number] },
        el("span", { class: "sr-unseen" }, `${method.name} `),
        whole(event.shares[number]),
      ),
    ];
  });
  const disagreements = event.disagreements.filter(({ method }) => visible.some(({ key }) => key === method));
  const button = el(
    "button",
    {
      type: "button",
      tabindex: "-1",
      "aria-pressed": "false",
      onpointerenter: () => tell({ preview: spotOf(data.key, data.events, at) }),
      onpointerleave: () => tell({ preview: null }),
      onfocus: () => button.matches(":focus-visible") && tell({ preview: spotOf(data.key, data.events, at) }),
      onblur: () => tell({ preview: null }),
      onclick: () => hold(state, at),
    },
    el(
      "span",
      { class: "sr-ev-what" },
      el(
        "span",
        { class: "sr-ev-title", title: event.title },
        el("span", { class: "sr-ev-number" }, `${event.number}`),
        event.title,
      ),
      el(
        "span",
        { class: "sr-ev-line" },
        hue(el("span", { class: "sr-category" }, event.category), event.colour),
        worth(event.value),
      ),
      ...disagreements.map(({ text }) => el("span", { class: "sr-ev-disagreement" }, `≠ ${text}`)),
    ),
    el("span", { class: "sr-ev-bars" }, ...bars.flat()),
  );
  const line = el("li", { class: disagreements.length ? "sr-ev sr-disagreed" : "sr-ev", "data-event": at }, button);
  return { at, button, whole: line };
}

// The one number of an event, its sign also as a shape.
function worth(value) {
  const text = `${value < 0 ? "▼ −" : "▲ +"}${Math.abs(value).toFixed(0)}`;
  const side = value < 0 ? "speaks against it" : "speaks for it";
  return el("span", { class: "sr-ev-number-of", title: `${value.toFixed(1)} points: ${side}` }, text);
}

function hold(state, at) {
  const { key, events } = state.data;
  const same = BUS.lock && BUS.lock.key === key && BUS.lock.event === at;
  tell({ preview: null, lock: same ? null : spotOf(key, events, at) });
}

function step(state, input) {
  const now = state.lines.findIndex((line) => line.button === document.activeElement);
  const last = state.lines.length - 1;
  const steps = { ArrowUp: now - 1, ArrowDown: now + 1, Home: 0, End: last };
  if (input.key === "Escape") tell({ preview: null, lock: null });
  if (now < 0 || !(input.key in steps)) return;
  input.preventDefault();
  const next = state.lines[Math.min(Math.max(steps[input.key], 0), last)];
  state.lines.forEach((line) => {
    line.button.tabIndex = line === next ? 0 : -1;
  });
  next.button.focus();
}

function glow(state, follow) {
  if (!state.data) return;
  const light = lit(state.data.key, state.data.events);
  for (const { at, button, whole: line } of state.lines) {
    line.classList.toggle("sr-lit", at === light.event);
    line.classList.toggle("sr-same", light.same.has(at));
    const locked = Boolean(BUS.lock) && BUS.lock.key === state.data.key && BUS.lock.event === at;
    line.classList.toggle("sr-locked", locked);
    button.setAttribute("aria-pressed", String(locked));
  }
  const first = state.lines.find((line) => line.at === light.event || (light.event < 0 && light.same.has(line.at)));
  if (follow && first && !state.root.matches(":hover, :focus-within")) reveal(state.list, first.whole);
}

// Up and down within the list only: the page itself must not jump.
function reveal(list, line) {
  const [box, edge] = [list.getBoundingClientRect(), line.getBoundingClientRect()];
  if (edge.top < box.top) list.scrollTop += edge.top - box.top;
  else if (edge.bottom > box.bottom) list.scrollTop += edge.bottom - box.bottom;
}
