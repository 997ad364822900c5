// What is under the pointer or locked, shared by every component of the page: the same item lights up everywhere.
// A spot is { key, event, item }: the session it lies in, its position there, the catalogue row of its item.
// A group is { key, events }: the positions that a chosen reason speaks of.
// A view is { session, by, head, scale }: what the component with the root `by` was last set to show.
// A title is { session, item }: what was chosen to be explained, before the server has answered.
// A check is { key, without, named }: what removing events found about the matrix with this key.
// Titles are { session, parts }: what the heads add to each title of a session that can be chosen, by catalogue row.
const BUS = (window.streamrecBus ??= {
  preview: null,
  lock: null,
  group: null,
  view: null,
  title: null,
  check: null,
  titles: null,
  changes: new EventTarget(),
});

function tell(change) {
  Object.assign(BUS, change);
  BUS.changes.dispatchEvent(new Event("lit"));
}

function heed(listener) {
  BUS.changes.addEventListener("lit", listener);
  return () => BUS.changes.removeEventListener("lit", listener);
}

// Which of these events are lit: the one that is meant, others with the same item, and those of a chosen reason.
function lit(key, events) {
  const spot = BUS.preview ?? BUS.lock ?? null;
  const spotted = spot && spot.key === key && spot.event < events.length ? spot.event : -1;
  const same = new Set(BUS.group && BUS.group.key === key ? BUS.group.events : []);
  events.forEach((event, index) => {
    if (spot && event.item === spot.item) same.add(index);
  });
  same.delete(spotted);
  return { event: spotted, same, locked: Boolean(spot) && spot === BUS.lock };
}

function spotOf(key, events, event) {
  return event >= 0 && event < events.length ? { key, event, item: events[event].item } : null;
}

// The head and the scale that another component was set to show, once; nothing for another session or a missing head.
function adopted(state) {
  const { view } = BUS;
  if (view === state.followed) return {};
  state.followed = view;
  const { session, heads } = state.data;
  const fits = view.session === session && view.by !== state.root && (view.head ?? 0) < heads.length;
  return fits ? { head: view.head, scale: view.scale } : {};
}

// An element with its attributes and children. Text goes in as text nodes only: titles are anybody's words.
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined)
      made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function hue(node, colour) {
  node.style.setProperty("--hue", colour);
  return node;
}
