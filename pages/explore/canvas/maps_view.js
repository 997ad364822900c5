// State of the full maps: the view and what follows from it. No drawing here.
const JOINT = -1;

function fresh(root) {
  return { root, data: null, view: null, cursor: null, maps: [], images: new Map(), followed: BUS.view };
}

// Take new data; the view in it counts when the session changed, or when it did not come from this browser.
function take(state, data) {
  const moved = state.data?.key !== data.key;
  if (moved) {
    state.maps = parts(decode(data.maps), data.heads.length);
    state.images.clear();
  }
  state.data = data;
  if (moved || !data.echo) {
    clearTimeout(state.timer);
    state.view = { ...data.view };
    state.cursor = null;
  }
  return moved;
}

function length(state) {
  return state.data.events.length;
}

function counted(state) {
  return state.view.heads ?? state.maps.map((_, at) => at);
}

function shownHead(state) {
  return state.view.head ?? JOINT;
}

function lookingRow(state) {
  return state.view.row ?? length(state) - 1;
}

function jointly(state, weights) {
  return together(counted(state).map(weights), state.view.join);
}

// What a head, or the counted heads together, gives each event up to a row.
function weightsFrom(state, head, row) {
  const attention = (at) => rowOf(state.maps[at], row);
  return head === JOINT ? jointly(state, attention) : attention(head);
}

function mapOf(state, head) {
  return head === JOINT ? jointly(state, (at) => state.maps[at]) : state.maps[head];
}

// Upper end of the scale of a head: the largest weight in the predicting rows of all, or its own.
function topOf(state, head) {
  if (state.view.scale === "shared" && head !== JOINT) return state.data.top || 1;
  const heaviestOfRow = Math.max(...weightsFrom(state, head, length(state) - 1));
  return (state.view.scale === "shared" ? Math.max(state.data.top, heaviestOfRow) : heaviestOfRow) || 1;
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
  const all = some === state.maps.length ? `All ${some} heads` : `${some} of ${state.maps.length} heads`;
  return `${all} together`;
}

function eventName(state, at) {
  const event = state.data.events[at];
  return `event ${event.number}, ${event.title} (${event.category}, ${event.mark})`;
}

function rowName(state, row) {
  const words = state.data.words;
  const last = row === length(state) - 1;
  return (last ? words.predicting : words.row).replace(
    "{event}",
    () => `event ${state.data.events[row].number}, ${state.data.events[row].title}`,
  );
}

function sentence(state, head, row, event) {
  const { events } = state.data;
  if (event > row) return `Masked: event ${events[event].number} comes after event ${events[row].number}.`;
  const value = weightsFrom(state, head, row)[event];
  const many = head === JOINT;
  const how = { max: "at most", mean: "on average" }[state.view.join];
  const gives = many ? `${headName(state, head)} give ${how}` : `${headName(state, head)} gives`;
  return `From ${rowName(state, row)}: ${gives} ${percent(value)} (${value.toFixed(4)}) of ${many ? "their" : "its"} attention to ${eventName(state, event)}.`;
}

function scaleNote(state) {
  if (state.view.scale === "own")
    return "The strongest colour is the largest weight of the head at the predicting position; each head has its own scale.";
  return `The strongest colour is ${percent(state.data.top)} or more, the largest weight of any head at the predicting position; all heads share this scale.`;
}
