// State of one heads component: the view and what follows from it. No drawing here.
const JOINT = -1;

function fresh(root) {
  return { root, data: null, view: null, cursor: null, heads: [], maps: [], added: [], images: new Map(), shown: null };
}

// Take new data; the view in it counts when the session changed, or when it did not come from this browser.
function take(state, data) {
  const before = state.data;
  const moved = !before || before.key !== data.key;
  if (moved || before.stamp !== data.stamp) {
    state.heads = parts(decode(data.row), data.heads.length);
    state.maps = parts(decode(data.maps), data.maps ? data.heads.length : 0);
    state.images.clear();
  }
  state.added = (data.added ?? []).map((values) => Float32Array.from(values));
  state.data = data;
  if (moved || !data.echo) {
    clearTimeout(state.timer);
    state.view = { ...data.view };
    state.cursor = null;
    if (data.owner) tell({ preview: null, lock: spotOf(data.session, data.events, state.view.event ?? -1) });
  }
  if (!data.maps) state.view.tab = "row";
  return moved;
}

// Look as the other component does, as far as there are such heads here; the event and the row stay the reader's own.
function follow(state, { tab, head, keep, heads, join, scale, quantity }) {
  const exists = (head) => head < state.heads.length;
  const some = heads?.filter(exists);
  Object.assign(state.view, {
    keep,
    join,
    scale,
    quantity,
    tab: state.data.maps ? tab : "row",
    head: head !== null && head !== undefined && exists(head) ? head : null,
    heads: some?.length ? some : null,
  });
}

function length(state) {
  return state.data.events.length;
}

function counted(state) {
  return state.view.heads ?? state.heads.map((_, at) => at);
}

function shownHead(state) {
  return state.view.head ?? JOINT;
}

function onMaps(state) {
  return state.view.tab === "maps";
}

function lookingRow(state) {
  return onMaps(state) ? (state.view.row ?? length(state) - 1) : length(state) - 1;
}

// Whether bars show what heads add to the score, signed, where the model is such a sum; whole maps are attention.
function contributing(state) {
  return Boolean(state.data.added) && state.view.quantity === "contribution" && !onMaps(state);
}

function jointly(state, values) {
  return together(counted(state).map(values), contributing(state) ? "sum" : state.view.join);
}

// What a head, or the counted heads together, makes of each event: contributions, or attention from the row in view.
function weightsFrom(state, head, row) {
  const attention = (at) => (row === length(state) - 1 ? state.heads[at] : rowOf(state.maps[at], row));
  const values = contributing(state) ? (at) => state.added[at] : attention;
  return head === JOINT ? jointly(state, values) : values(head);
}

function mapOf(state, head) {
  return head === JOINT ? jointly(state, (at) => state.maps[at]) : state.maps[head];
}

// Upper end of the scale of a head: the heaviest weight in the predicting rows of all, or its own.
function topOf(state, head) {
  if (state.view.scale === "shared" && head !== JOINT) return state.data.top || 1;
  const rowWeights = largest(weightsFrom(state, head, length(state) - 1));
  return (state.view.scale === "shared" ? Math.max(state.data.top, rowWeights) : rowWeights) || 1;
}

// Both ends of the axis of a head's bars; attention begins at zero, contributions go below it.
function rangeOf(state, head) {
  if (!contributing(state)) return [0, topOf(state, head)];
  const rowWeights = weightsFrom(state, head, length(state) - 1);
  const shared = state.view.scale === "shared" ? state.added : [];
  const values = [0, ...rowWeights, ...shared.flatMap((weights) => [...weights])];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [0, 1] : [low, high];
}

function largest(weights) {
  return weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
}

// What some heads, all where none are named, add because of all events.
function total(state, heads = state.added.keys()) {
  return [...heads].reduce((sum, head) => state.added[head].reduce((some, value) => some + value, sum), 0);
}

function totalOf(state, head) {
  return total(state, head === JOINT ? counted(state) : [head]);
}

function imageOf(state, head) {
  const { keep, scale, join } = state.view;
  const name = [head, keep, scale, head === JOINT ? `${join} ${counted(state)}` : ""].join("|");
  if (!state.images.has(name)) {
    const map = mapOf(state, head);
    const masks = Array.from({ length: length(state) }, (_, row) => keepMask(rowOf(map, row), keep / 100));
    if (state.images.size > 60) state.images.clear();
    state.images.set(name, mapImage(map, masks, length(state), topOf(state, head), state.theme));
  }
  return state.images.get(name);
}

// Words for what is on the screen.
function headName(state, head) {
  if (head !== JOINT) return state.data.heads[head].name;
  const some = counted(state).length;
  const all = some === state.heads.length ? `All ${some} heads` : `${some} of ${state.heads.length} heads`;
  return `${all} together`;
}

function eventName(state, at) {
  const event = state.data.events[at];
  return `event ${at + 1}, ${event.title} (${event.category}, ${event.mark})`;
}

function rowName(state, row) {
  const words = state.data.words;
  const last = row === length(state) - 1;
  return (last ? words.predicting : words.row).replace(
    "{event}",
    () => `event ${row + 1}, ${state.data.events[row].title}`,
  );
}

function figure(state, value) {
  return contributing(state) ? signed(value) : percent(value);
}

function sentence(state, head, row, event) {
  if (event > row) return `Masked: event ${event + 1} comes after event ${row + 1}.`;
  const value = weightsFrom(state, head, row)[event];
  const many = head === JOINT;
  if (contributing(state)) {
    const side = value < 0 ? "against the title" : "for the title";
    return `${headName(state, head)} ${many ? "add" : "adds"} ${signed(value, 4)} to the score, ${side}, because of ${eventName(state, event)}.`;
  }
  const from = onMaps(state) ? `From ${rowName(state, row)}: ` : "";
  const how = { max: "at most", mean: "on average" }[state.view.join];
  const gives = many ? `${headName(state, head)} give ${how}` : `${headName(state, head)} gives`;
  return `${from}${gives} ${percent(value)} (${value.toFixed(4)}) of ${many ? "their" : "its"} attention to ${eventName(state, event)}.`;
}

function scaleNote(state) {
  const what = onMaps(state) ? "The strongest colour" : "A full bar";
  if (contributing(state)) return addedNote(state);
  const top = state.data.top;
  if (state.view.scale === "own")
    return `${what} is the largest weight of the head at the predicting position; each head has its own scale.`;
  return `${what} is ${percent(top)}${onMaps(state) ? " or more" : ""}, the largest weight of any head at the predicting position; all heads share this scale.`;
}

function addedNote(state) {
  const sides = "Above its line an event speaks for the title; below it, hatched, against.";
  if (state.view.scale === "own") return `${sides} Each head has its own scale.`;
  return `${sides} The largest bar of a single head is ${Math.max(...state.added.map(largest)).toFixed(2)}; the heads share this scale.`;
}

// How the score comes about; said to be rounded where the printed figures are a hundredth apart.
function sumLine(state) {
  if (!state.data.added) return "";
  const { base, score } = state.data;
  const heads = total(state);
  const [first, second, whole] = [base, heads, score].map((value) => Math.round(100 * value));
  const rounded = first + second === whole ? "" : " (rounded)";
  return `Popularity and start ${signed(base)} + ${state.added.length} heads ${signed(heads)} = score ${signed(score)}${rounded}`;
}
