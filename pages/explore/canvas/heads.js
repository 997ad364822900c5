// The heads of one session: hover previews, click locks, arrow keys move; every change is painted before Python hears.
const STATES = new WeakMap();
const TELL_AFTER = 150;
const LONG = 24; // events from which the enlarged map needs the whole width to have readable titles

export default function heads({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".sr-heads");
  if (!STATES.has(root)) STATES.set(root, open(root));
  const state = STATES.get(root);
  state.say = (view) => setStateValue("view", view);
  const shape = `${data.heads.length} ${data.expert} ${Boolean(data.maps)} ${data.owner} ${Boolean(data.added)}`;
  const moved = take(state, data);
  if (moved || state.shape !== shape || state.stamp !== data.stamp) {
    state.shape = shape;
    state.stamp = data.stamp;
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
  state.unheed = heed(() => heard(state));
  state.watcher = new ResizeObserver(() => state.nodes && paint(state));
  state.watcher.observe(root);
  return state;
}

// Another component locked an event of this session: it becomes this view's event too. A pinned view follows the view.
function heard(state) {
  if (!state.data) return;
  if (!state.data.owner && BUS.view && BUS.view !== state.followed) {
    state.followed = BUS.view;
    follow(state, BUS.view);
    paint(state, true);
  }
  const event = BUS.lock && BUS.lock.key === state.data.session ? BUS.lock.event : null;
  if (state.data.owner && event !== (state.view.event ?? null)) {
    state.view.event = event;
    announce(state);
  }
  later(state);
}

function change(state, changes) {
  Object.assign(state.view, changes);
  announce(state);
  paint(state, true);
}

function announce(state) {
  if (!state.data.owner) return;
  tell({ view: { ...state.view } });
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
  const order = [JOINT, ...state.heads.keys()];
  const made = order.map((head) => part(state, head, tools));
  const picker = el(
    "select",
    { "aria-label": "Head", onchange: (input) => pick(state, Number(input.target.value)) },
    ...order.map((head) => el("option", { value: head })),
  );
  const making = state.data.expert ? toolbar : state.data.added ? plainBar : null;
  const bar = making && state.data.owner ? making(state, tools.change) : null;
  const axis = el("canvas", { class: "sr-axis", "aria-hidden": "true" });
  const large = detail(state);
  for (const [name, heard] of Object.entries(stageHooks(state, null)))
    large.stage.addEventListener(name.slice(2), heard);
  const readout = el("p", { class: "sr-readout", role: "status" });
  const note = el("p", { class: "sr-note" });
  const sum = el("p", { class: "sr-sum" });
  state.nodes = { parts: made, bar, picker, axis, large, readout, note, sum };
  state.root.replaceChildren(
    ...[
      bar,
      el("label", { class: "sr-pick" }, el("span", {}, "Head"), picker),
      readout,
      el(
        "div",
        { class: "sr-body" },
        el(
          "div",
          { class: "sr-all" },
          ...made.map((panel) => panel.whole),
          el("div", { class: "sr-axis-row" }, axis),
          note,
          sum,
        ),
        large.whole,
      ),
    ].filter(Boolean),
  );
  state.listed = null;
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
    const event = indexAt(input.clientX - box.left, box.width);
    return { event, row: onMaps(state) ? indexAt(input.clientY - box.top, box.height) : count - 1 };
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
    if (down && !onMaps(state)) neighbour(state, input.currentTarget, down);
    cell.row = Math.min(Math.max(cell.row + (onMaps(state) ? down : 0), 0), last);
    cell.event = Math.min(Math.max(cell.event + across, 0), cell.row);
  } else if (input.key === "Home") cell.event = 0;
  else if (input.key === "End") cell.event = cell.row;
  else if (input.key === "Enter" || input.key === " ") lock(state, head, cell);
  else if (input.key === "Escape") release(state);
  else return;
  input.preventDefault();
  if (input.key !== "Escape" && !(input.key in MOVES && MOVES[input.key][1] && !onMaps(state)))
    preview(state, head, cell);
}

function release(state) {
  state.view.event = state.view.row = null;
  announce(state);
  preview(state, shownHead(state), null);
  tell({ preview: null, lock: null });
  paint(state, true);
}

function neighbour(state, stage, step) {
  const stages = state.nodes.parts.map((panel) => panel.stage).filter((panel) => panel.offsetParent);
  stages[stages.indexOf(stage) + step]?.focus();
}

// --- painting: all at once; a few milliseconds for eight heads of fifty events

function paint(state, all = false) {
  const began = performance.now();
  const light = lit(state.data.session, state.data.events);
  state.root.dataset.tab = state.view.tab;
  state.root.dataset.quantity = contributing(state) ? "contribution" : "attention";
  state.root.toggleAttribute("data-expert", state.data.expert);
  state.root.toggleAttribute("data-long", length(state) > LONG);
  if (all) settle(state);
  for (const panel of state.nodes.parts) paintPart(state, panel, light);
  if (onMaps(state)) paintLarge(state, light);
  const width = state.nodes.axis.parentElement.clientWidth;
  if (width && !onMaps(state))
    paintAxis(state.nodes.axis, { width, height: 24 }, { events: state.data.events, light, theme: state.theme });
  for (const line of state.nodes.large.body.children) {
    const at = Number(line.dataset.event);
    line.classList.toggle("sr-lit", at === light.event);
    line.classList.toggle("sr-same", light.same.has(at));
  }
  state.nodes.readout.textContent = readout(state, light);
  lightList(state);
  state.root.dataset.painted = state.data.key;
  state.root.dataset.ms = (performance.now() - began).toFixed(1);
}

function settle(state) {
  const { bar, picker, note, sum, large, parts: made } = state.nodes;
  bar?.refresh();
  [...picker.options].forEach((option) => {
    option.textContent = optionName(state, Number(option.value));
  });
  picker.value = shownHead(state);
  note.textContent = scaleNote(state);
  sum.textContent = sumLine(state);
  made[0].name.textContent = headName(state, JOINT);
  made[0].stage.setAttribute("aria-label", headName(state, JOINT));
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
  large.column.textContent = contributing(state) ? "Adds" : "Attention";
  large.list.setAttribute(
    "aria-label",
    contributing(state) ? "What is added because of each event" : "Attention by event",
  );
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
  const type = head === JOINT ? "" : ` · ${state.data.heads[head].type}`;
  return headName(state, head) + type + (contributing(state) ? ` · adds ${signed(totalOf(state, head))}` : "");
}

function about(state, coverage) {
  const head = shownHead(state) === JOINT ? null : state.data.heads[shownHead(state)];
  const says = head ? `${head.type}${head.same_under_uniform ? " †" : ""}: ${head.meaning}.` : jointNote(state);
  const adds =
    head && contributing(state) ? ` It adds ${signed(totalOf(state, shownHead(state)))} to the score in all.` : "";
  const mixes = head?.layer > 0 && state.data.expert && !state.data.added;
  const mixed = mixes ? " Its layer reads what the layer below has already mixed." : "";
  const row = onMaps(state) ? ` Row: ${rowName(state, lookingRow(state))}.` : "";
  const share = state.view.keep < 100 ? ` ${coverage.events} of ${coverage.of} events hold ${state.view.keep}%.` : "";
  return says + adds + mixed + worth(state, head) + row + share;
}

function jointNote(state) {
  return contributing(state) ? "The sum of what they add because of each event." : TOGETHER[state.view.join];
}

// What the head is worth to the explained item; measured by switching it off.
function worth(state, head) {
  if (!state.data.expert || head?.effect == null) return "";
  const times = Math.exp(-head.effect);
  return ` Switched off, the explained item would be ${times.toFixed(2)} times as likely.`;
}

function paintPart(state, panel, light) {
  const width = panel.stage.clientWidth;
  const row = lookingRow(state);
  const weights = weightsFrom(state, panel.head, row);
  panel.weight.textContent =
    light.event >= 0 && light.event <= row
      ? figure(state, weights[light.event])
      : contributing(state)
        ? signed(totalOf(state, panel.head))
        : "";
  value(state, panel.stage, panel.head, light);
  if (!width) return;
  if (onMaps(state)) {
    const look = {
      image: imageOf(state, panel.head),
      length: length(state),
      light,
      row: state.cursor?.row ?? row,
      theme: state.theme,
      frame: true,
    };
    paintMap(panel.canvas, { width, height: width }, look);
    return;
  }
  const colour = panel.head === JOINT ? state.theme.ink : state.data.heads[panel.head].colour;
  const mask = keepMask(weights, state.view.keep / 100);
  paintBars(
    panel.canvas,
    { width, height: panel.stage.clientHeight },
    { weights, mask, range: rangeOf(state, panel.head), colour, light, theme: state.theme },
  );
}

function paintLarge(state, light) {
  const { stage, canvas, titles, axis } = state.nodes.large;
  const width = stage.clientWidth;
  if (!width) return;
  const row = state.cursor?.row ?? lookingRow(state);
  paintMap(
    canvas,
    { width, height: width },
    { image: imageOf(state, shownHead(state)), length: length(state), light, row, theme: state.theme, frame: true },
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
  const what = contributing(state)
    ? "what the event adds; the number beside the bars is the head's sum"
    : "its exact share";
  return state.data.owner ? `Point at a bar to see ${what}. A click keeps it; the arrow keys move.` : "";
}

// The same item in the list of recommendations, where it stands among them.
function lightList(state) {
  if (!state.data.owner) return;
  const spot = BUS.preview ?? BUS.lock;
  document
    .querySelectorAll(".st-key-explain_item [role=radiogroup] label")
    .forEach((label, at) =>
      label.classList.toggle("sr-lit", Boolean(spot) && state.data.recommended[at] === spot.item),
    );
}
