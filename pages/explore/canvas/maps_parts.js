// The elements of the full maps: toolbar, one part a head, the enlarged head with its list.
const KEEP = { least: 10, most: 100, step: 5 };

function choice(label, options, pressed, choose) {
  const buttons = options.map(([value, text, help]) =>
    el(
      "button",
      {
        type: "button",
        title: help,
        "data-value": value,
        "aria-pressed": String(value === pressed()),
        onclick: () => choose(value),
      },
      text,
    ),
  );
  const group = el(
    "div",
    { class: "sr-choice", role: "group", "aria-label": label },
    el("span", {}, label),
    ...buttons,
  );
  group.refresh = () =>
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.value === pressed())));
  return group;
}

function toolbar(state, change) {
  const join = choice(
    "Aggregation",
    [
      ["mean", "mean"],
      ["max", "max"],
    ],
    () => state.view.join,
    (join) => change({ join }),
  );
  const scale = choice(
    "Scale",
    [
      ["shared", "shared"],
      ["own", "per head"],
    ],
    () => state.view.scale,
    (scale) => change({ scale }),
  );
  const output = el("output", {});
  const slider = el("input", {
    type: "range",
    min: KEEP.least,
    max: KEEP.most,
    step: KEEP.step,
    "aria-label": "Keep the top share of attention",
    oninput: (input) => change({ keep: Number(input.target.value) }),
  });
  const keep = el("label", { class: "sr-keep" }, el("span", {}, "Keep the top"), slider, output);
  const bar = el("div", { class: "sr-toolbar" }, keep, join, scale);
  bar.refresh = () => {
    join.refresh();
    scale.refresh();
    slider.value = state.view.keep;
    output.textContent = state.view.keep === 100 ? "everything" : `${state.view.keep}%`;
    slider.setAttribute("aria-valuetext", output.textContent);
  };
  return bar;
}

function badge(head) {
  const text = head.same_under_uniform ? `${head.type} †` : head.type;
  const help = head.same_under_uniform
    ? `${head.meaning}; uniform attention over this session would be given the same type`
    : head.meaning;
  return el("span", { class: `sr-type sr-type-${head.type}`, title: help }, text);
}

// One head: its name to choose it, its figures, and its canvas as a slider for keys.
function part(state, head, { change, pick, hooks }) {
  const info = head === JOINT ? null : state.data.heads[head];
  const name = el("span", { class: "sr-name" }, headName(state, head));
  const button = el("button", { type: "button", class: "sr-head-name", onclick: () => pick(head) }, name);
  if (info) button.append(badge(info));
  const about = el("div", { class: "sr-about" }, button);
  if (info && state.data.expert) {
    const box = el("input", {
      type: "checkbox",
      "aria-label": `Include ${info.name} in the aggregate`,
      title: "Included in the aggregate",
      onchange: () => change({ heads: toggled(state, head) }),
    });
    about.prepend(box);
    about.append(el("span", { class: "sr-figures" }, info.figures));
  }
  const drawn = info ? stage(info.name, hooks(head)) : { canvas: null, stage: null };
  const whole = hue(
    el("div", { class: info ? "sr-head" : "sr-head sr-joint", "data-head": head }, about, drawn.stage ?? ""),
    info ? info.colour : "var(--st-text-color)",
  );
  return { head, whole, name, button, ...drawn, box: about.querySelector("input") };
}

function stage(label, hooks = {}) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const attributes = { class: "sr-stage", role: "slider", tabindex: "0", "aria-label": label, "aria-valuemin": "1" };
  return { canvas, stage: el("div", { ...attributes, ...hooks }, canvas) };
}

function toggled(state, head) {
  const now = new Set(counted(state));
  if (now.has(head) && now.size > 1) now.delete(head);
  else now.add(head);
  return now.size === state.maps.length ? null : [...now].sort((a, b) => a - b);
}

// The list beside the enlarged head: every event it could see, heaviest first, with its exact figure.
function fillList(state, body, hooks) {
  const row = lookingRow(state);
  const weights = weightsFrom(state, shownHead(state), row);
  const mask = keepMask(weights, state.view.keep / 100);
  const top = Math.max(...weights) || 1;
  const order = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || b - a);
  const colour = shownHead(state) === JOINT ? "var(--st-text-color)" : state.data.heads[shownHead(state)].colour;
  body.replaceChildren(
    ...order.map((at) => {
      const event = state.data.events[at];
      const dot = hue(el("span", { class: "sr-dot", "aria-hidden": "true" }), event.colour);
      const bar = hue(el("span", { class: "sr-bar" }), colour);
      bar.style.width = `${(100 * weights[at]) / top}%`;
      const title = el("button", { type: "button", title: event.title, onclick: () => hooks.lock(at) }, event.title);
      return el(
        "tr",
        {
          "data-event": at,
          class: mask[at] ? "" : "sr-dropped",
          onpointerenter: () => hooks.preview(at),
          onpointerleave: () => hooks.preview(-1),
        },
        el("td", { class: "sr-place" }, String(event.number)),
        el("th", { scope: "row" }, title, el("span", { class: "sr-what" }, dot, `${event.category} · ${event.mark}`)),
        el(
          "td",
          { class: "sr-share" },
          el("span", { class: "sr-track", "aria-hidden": "true" }, bar),
          el("span", { title: weights[at].toFixed(4) }, percent(weights[at])),
        ),
      );
    }),
  );
  return { events: mask.reduce((sum, bit) => sum + bit, 0), of: weights.length };
}

function detail(state) {
  const title = el("h3", {});
  const note = el("p", { class: "sr-note" });
  const drawn = stage("The enlarged map");
  const titles = el("ol", { class: "sr-titles", "aria-hidden": "true" });
  const axis = el("canvas", { class: "sr-axis", "aria-hidden": "true" });
  const large = el(
    "div",
    { class: "sr-large" },
    el("small", { class: "sr-down" }, state.data.words.axis),
    el("span", {}),
    titles,
    drawn.stage,
    axis,
    el("small", { class: "sr-across" }, state.data.words.column),
  );
  const body = el("tbody", {});
  const head = el(
    "thead",
    {},
    el(
      "tr",
      {},
      el("th", { scope: "col" }, "No."),
      el("th", { scope: "col" }, "Event"),
      el("th", { scope: "col", class: "sr-share" }, "Attention"),
    ),
  );
  const list = el(
    "div",
    { class: "sr-list", tabindex: "0", role: "region", "aria-label": "Attention by event" },
    el("table", {}, head, body),
  );
  const whole = el(
    "section",
    { class: "sr-detail", "aria-label": "Enlarged head" },
    el("header", {}, title, note),
    large,
    list,
  );
  return { whole, title, note, ...drawn, titles, axis, body };
}
