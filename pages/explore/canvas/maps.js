// The full maps of all heads: hover previews, click locks, arrow keys move; every change is painted before Python hears.
const STATES = new WeakMap();
const TELL_AFTER = 150;
const LONG = 24; // events from which the enlarged map needs the whole width to have readable titles

export default function maps({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".sr-maps");
  if (!STATES.has(root)) STATES.set(root, open(root));
  const state = STATES.get(root);
  state.say = (view) => setStateValue("view", view);
  const shape = `${data.heads.length} ${data.expert}`;
  if (take(state, data) || state.shape !== shape) {
    state.shape = shape;
    build(state);
  }
  state.theme = inks(root);
  state.images.clear();
  paint(state, true);
  return () => {
    state.unheed();
    state.watcher.disconnect();
    STATES.delete(root);
  };
}

function open(root) {
  const state = fresh(root);
  state.unheed = heed(() => hear(state));
  state.watcher = new ResizeObserver(() => state.nodes && paint(state));
  state.watcher.observe(root);
  return state;
}

// The event that another component locked, and the head and the scale that the matrix shows, become this view's too.
function hear(state) {
  if (!state.data) return;
  const { session } = state.data;
  const shown = { ...adopted(state), event: BUS.lock?.key === session ? BUS.lock.event : null };
  const changed = Object.keys(shown).some((name) => shown[name] !== state.view[name]);
  if (!changed) return later(state);
  Object.assign(state.view, shown);
  paint(state, true);
}

function change(state, changes) {
  Object.assign(state.view, changes);
  announce(state);
  paint(state, true);
}

function announce(state) {
  const { head, scale } = state.view;
  tell({ view: { session: state.data.session, by: state.root, head, scale } });
  clearTimeout(state.timer);
  state.timer = setTimeout(() => state.say({ key: state.data.key, ...state.view }), TELL_AFTER);
}

function later(state) {
  state.frame ??= requestAnimationFrame(() => {
    state.frame = null;
    if (state.root.isConnected) paint(state);
  });
}

function build(state) {
  const hooks = (head) => stageHooks(state, head);
  const tools = { change: (changes) => change(state, changes), pick: (head) => pick(state, head), hooks };
  const order = [JOINT, ...state.maps.keys()];
  const made = order.map((head) => part(state, head, tools));
  const picker = el(
    "select",
    { "aria-label": "Head", onchange: (input) => pick(state, Number(input.target.value)) },
    ...order.map((head) => el("option", { value: head })),
  );
  const bar = state.data.expert ? toolbar(state, tools.change) : null;
  const large = detail(state);
  for (const [name, listener] of Object.entries(stageHooks(state, null)))
    large.stage.addEventListener(name.slice(2), listener);
  const readout = el("p", { class: "sr-readout", role: "status" });
  const note = el("p", { class: "sr-note" });
  state.nodes = { parts: made, bar, picker, large, readout, note };
  state.root.replaceChildren(
    ...[
      bar,
      el("label", { class: "sr-pick" }, el("span", {}, "Head"), picker),
      readout,
      el("div", { class: "sr-all" }, ...made.map((panel) => panel.whole), note),
      large.whole,
    ].filter(Boolean),
  );
}

function pick(state, head) {
  change(state, { head: head === JOINT ? null : head });
}

// What pointer and keys do on a canvas; without a head it is the enlarged head.
function stageHooks(state, fixed) {
  const head = () => fixed ?? shownHead(state);
  const at = (input) => {
    const box = input.currentTarget.getBoundingClientRect();
    const count = length(state);
    const indexAt = (from, size) => Math.min(Math.max(Math.floor((from / size) * count), 0), count - 1);
    return { event: indexAt(input.clientX - box.left, box.width), row: indexAt(input.clientY - box.top, box.height) };
  };
  return {
    onpointermove: (input) => preview(state, head(), at(input)),
    onpointerleave: () => preview(state, head(), null),
    onclick: (input) => lock(state, head(), at(input)),
    onfocus: (input) =>
      input.currentTarget.matches(":focus-visible") && preview(state, head(), cursorOf(state, head())),
    onblur: () => preview(state, head(), null),
    onkeydown: (input) => key(state, head(), input),
  };
}

function cursorOf(state, head) {
  const row = lookingRow(state);
  const event =
    state.view.event != null && state.view.event <= row ? state.view.event : heaviest(weightsFrom(state, head, row));
  return state.cursor ?? { event, row };
}

function preview(state, head, cell) {
  state.cursor = cell;
  state.under = cell ? head : null;
  const seen = cell && cell.event <= cell.row;
  tell({ preview: seen ? spotOf(state.data.session, state.data.events, cell.event) : null });
}

// A click keeps the event lit; the same click again lets it go.
function lock(state, head, { event, row }) {
  if (event > row) return;
  const same = state.view.event === event && lookingRow(state) === row && shownHead(state) === head;
  const last = length(state) - 1;
  Object.assign(state.view, {
    event: same ? null : event,
    head: head === JOINT ? null : head,
    row: row === last ? null : row,
  });
  announce(state);
  paint(state, true);
  tell({ preview: null, lock: same ? null : spotOf(state.data.session, state.data.events, event) });
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(state, head, input) {
  const cell = { ...cursorOf(state, head) };
  const last = length(state) - 1;
  if (input.key in MOVES) {
    const [across, down] = MOVES[input.key];
    cell.row = Math.min(Math.max(cell.row + down, 0), last);
    cell.event = Math.min(Math.max(cell.event + across, 0), cell.row);
  } else if (input.key === "Home") cell.event = 0;
  else if (input.key === "End") cell.event = cell.row;
  else if (input.key === "Enter" || input.key === " ") lock(state, head, cell);
  else if (input.key === "Escape") release(state);
  else return;
  input.preventDefault();
  if (input.key !== "Escape") preview(state, head, cell);
}

function release(state) {
  state.view.event = state.view.row = null;
  announce(state);
  preview(state, shownHead(state), null);
  tell({ preview: null, lock: null });
  paint(state, true);
}

// --- painting: all at once; a few milliseconds for eight heads of fifty events

function paint(state, all = false) {
  const light = lit(state.data.session, state.data.events);
  state.root.toggleAttribute("data-expert", state.data.expert);
  state.root.toggleAttribute("data-long", length(state) > LONG);
  if (all) settle(state);
  for (const panel of state.nodes.parts) paintPart(state, panel, light);
  paintLarge(state, light);
  for (const line of state.nodes.large.body.children) {
    const at = Number(line.dataset.event);
    line.classList.toggle("sr-lit", at === light.event);
    line.classList.toggle("sr-same", light.same.has(at));
  }
  state.nodes.readout.textContent = readout(state, light);
  state.root.dataset.painted = state.data.key;
}

function settle(state) {
  const { bar, picker, note, large, parts: made } = state.nodes;
  bar?.refresh();
  [...picker.options].forEach((option) => {
    option.textContent = optionName(state, Number(option.value));
  });
  picker.value = shownHead(state);
  note.textContent = scaleNote(state);
  made[0].name.textContent = headName(state, JOINT);
  for (const panel of made) {
    panel.whole.classList.toggle("sr-chosen", panel.head === shownHead(state));
    panel.whole.classList.toggle("sr-off", panel.head !== JOINT && !counted(state).includes(panel.head));
    panel.button.setAttribute("aria-pressed", String(panel.head === shownHead(state)));
    if (panel.box) panel.box.checked = counted(state).includes(panel.head);
  }
  const coverage = fillList(state, large.body, {
    lock: (at) => lock(state, shownHead(state), { event: at, row: lookingRow(state) }),
    preview: (at) => preview(state, shownHead(state), at < 0 ? null : { event: at, row: lookingRow(state) }),
  });
  large.title.textContent = headName(state, shownHead(state));
  large.note.textContent = about(state, coverage);
  large.stage.setAttribute("aria-label", `${headName(state, shownHead(state))}, enlarged`);
  hue(large.whole, shownHead(state) === JOINT ? "var(--st-text-color)" : state.data.heads[shownHead(state)].colour);
}

const TOGETHER = {
  mean: "The mean of their weights, event by event.",
  max: "The maximum of their weights, event by event.",
};

// A head as the list on a phone names it.
function optionName(state, head) {
  return head === JOINT ? headName(state, head) : `${headName(state, head)} · ${state.data.heads[head].type}`;
}

function about(state, coverage) {
  const head = shownHead(state) === JOINT ? null : state.data.heads[shownHead(state)];
  const says = head
    ? `${head.type}${head.same_under_uniform ? " †" : ""}: ${head.meaning}.`
    : TOGETHER[state.view.join];
  const mixed =
    head?.layer > 0 && state.data.expert && state.data.composed
      ? " Its layer reads what the layer below has already mixed."
      : "";
  const row = ` Row: ${rowName(state, lookingRow(state))}.`;
  const share = state.view.keep < 100 ? ` ${coverage.events} of ${coverage.of} events hold ${state.view.keep}%.` : "";
  return says + mixed + worth(state, head) + row + share;
}

// What the head is worth to the explained item; measured by switching it off.
function worth(state, head) {
  if (!state.data.expert || head?.effect == null) return "";
  const times = Math.exp(-head.effect);
  return ` Switched off, the explained item would be ${times.toFixed(2)} times as likely.`;
}

function paintPart(state, panel, light) {
  if (!panel.stage) return;
  const width = panel.stage.clientWidth;
  value(state, panel.stage, panel.head, light);
  if (!width) return;
  const look = {
    image: imageOf(state, panel.head),
    length: length(state),
    light,
    row: state.cursor?.row ?? lookingRow(state),
    theme: state.theme,
  };
  paintMap(panel.canvas, { width, height: width }, look);
}

function paintLarge(state, light) {
  const { stage, canvas, titles, axis } = state.nodes.large;
  const width = stage.clientWidth;
  if (!width) return;
  const row = state.cursor?.row ?? lookingRow(state);
  paintMap(
    canvas,
    { width, height: width },
    { image: imageOf(state, shownHead(state)), length: length(state), light, row, theme: state.theme },
  );
  paintAxis(axis, { width, height: 24 }, { events: state.data.events, light, theme: state.theme });
  value(state, stage, shownHead(state), light);
  if (titles.dataset.key !== state.data.key) {
    titles.dataset.key = state.data.key;
    titles.replaceChildren(...state.data.events.map((event) => el("li", { title: event.title }, event.title)));
  }
  titles.style.fontSize = `${Math.min(13, Math.max(7, (width / length(state)) * 0.8))}px`;
  [...titles.children].forEach((line, at) => line.classList.toggle("sr-lit", at === row || at === light.event));
}

function value(state, stage, head, light) {
  const row = state.cursor?.row ?? lookingRow(state);
  const event = light.event >= 0 ? light.event : heaviest(weightsFrom(state, head, row));
  stage.setAttribute("aria-valuemax", length(state));
  stage.setAttribute("aria-valuenow", event + 1);
  stage.setAttribute("aria-valuetext", sentence(state, head, row, event));
}

// The exact weight with both titles, of what is under the pointer or locked.
function readout(state, light) {
  const row = state.cursor?.row ?? lookingRow(state);
  const head = state.under ?? shownHead(state);
  if (state.cursor && state.cursor.event > row) return sentence(state, head, row, state.cursor.event);
  if (light.event >= 0) return sentence(state, head, row, light.event);
  return "Point at a cell to see its exact share. A click keeps it; the arrow keys move.";
}
