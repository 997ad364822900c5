// What is looked at and how: the state of one heads component, and what follows from it. No drawing here.
const JOINT = -1;

function fresh(root) {
  return { root, data: null, view: null, cursor: null, heads: [], maps: [], images: new Map(), shown: null };
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

// Look as the other component does, as far as there are such heads here; the event and the row stay one's own.
function follow(state, { tab, head, keep, heads, join, scale }) {
  const known = (one) => one < state.heads.length;
  const some = heads?.filter(known);
  Object.assign(state.view, { keep, join, scale, tab: state.data.maps ? tab : "row",
    head: head != null && known(head) ? head : null, heads: some?.length ? some : null });
}

function length(state) {
  return state.data.events.length;
}

function counted(state) {
  return state.view.heads ?? state.heads.map((_, at) => at);
}

function chosen(state) {
  return state.view.head ?? JOINT;
}

function onMaps(state) {
  return state.view.tab === "maps";
}

function lookingRow(state) {
  return onMaps(state) ? (state.view.row ?? length(state) - 1) : length(state) - 1;
}

// How the heads are joined: a model that learned no weights for reading has their mean.
function joining(state) {
  return state.view.join === "reading" && !state.data.reading ? "mean" : state.view.join;
}

function jointly(state, one) {
  const heads = counted(state);
  return together(heads.map(one), joining(state), state.data.reading && heads.map((at) => state.data.reading[at]));
}

// Weights of a head, or of the counted heads together, from the row in view.
function weightsFrom(state, head, row) {
  const one = (at) => (row === length(state) - 1 ? state.heads[at] : rowOf(state.maps[at], row));
  return head === JOINT ? jointly(state, one) : one(head);
}

function mapOf(state, head) {
  return head === JOINT ? jointly(state, (at) => state.maps[at]) : state.maps[head];
}

// Upper end of the scale of a head: the heaviest weight in the predicting rows of all, or its own.
function topOf(state, head) {
  if (state.view.scale === "shared" && head !== JOINT) return state.data.top || 1;
  if (state.view.scale === "shared") return Math.max(state.data.top, largest(weightsFrom(state, head, length(state) - 1)));
  return largest(weightsFrom(state, head, length(state) - 1)) || 1;
}

function largest(weights) {
  return weights.reduce((most, weight) => Math.max(most, weight), 0);
}

function imageOf(state, head) {
  const { keep, scale, join } = state.view;
  const name = [head, keep, scale, head === JOINT ? `${join} ${counted(state)}` : ""].join("|");
  if (!state.images.has(name)) {
    const map = mapOf(state, head);
    const masks = Array.from({ length: length(state) }, (_, row) => kept(rowOf(map, row), keep / 100));
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
  return (last ? words.predicting : words.one).replace("{event}", () => `event ${row + 1}, ${state.data.events[row].title}`);
}

function sentence(state, head, row, event) {
  if (event > row) return `Left out: event ${event + 1} comes after event ${row + 1} and cannot be looked at.`;
  const weight = weightsFrom(state, head, row)[event];
  const from = onMaps(state) ? `From ${rowName(state, row)}: ` : "";
  const how = { max: "at most", mean: "on average", reading: "joined as the model learned" }[joining(state)];
  const gives = head === JOINT ? `${headName(state, head)} give ${how}` : `${headName(state, head)} gives`;
  return `${from}${gives} ${percent(weight)} (${weight.toFixed(4)}) of ${head === JOINT ? "their" : "its"} attention to ${eventName(state, event)}.`;
}

function scaleNote(state) {
  const what = onMaps(state) ? "The strongest colour" : "A full bar";
  const top = state.data.top;
  if (state.view.scale === "own") return `${what} is the heaviest weight that a head gives from the predicting row; each head has its own scale.`;
  return `${what} is ${percent(top)}${onMaps(state) ? " or more" : ""}, the heaviest weight of any head from the predicting row; all heads share this scale.`;
}
