// The session as a matrix: a row an event, a column a head, each cell what the head gives the title because of the event.
const MATRICES = new WeakMap();
const CELL = el("td", { tabindex: "-1" });
const NUMBERS = new Intl.NumberFormat("en");
const SAY_AFTER = 150;
const MOST_LETTERS = 10; // of a category, so that titles keep their room
const NOT_DRAWN = new Set(["echo", "view", "without", "pending"]);
const FAR = 1e6; // further down than any session reaches
const LEAST_SHOWN = 0.02; // of the largest cell: below it a cell stays empty, so that no sign is drawn for nothing

export default function matrix({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".sr-matrix");
  if (!MATRICES.has(root)) {
    const state = { root, cursor: null, view: data.view, followed: BUS.view, title: BUS.title };
    state.unheed = heed(() => hear(state));
    MATRICES.set(root, state);
  }
  const state = MATRICES.get(root);
  // Nothing is said of a title that the server has not yet answered for.
  state.say = (view) => state.data.key === data.key && setStateValue("view", { ...view, key: data.key });
  state.edit = (edit) => state.data.key === data.key && setTriggerValue("edit", { edit, key: data.key });
  take(state, data);
  return () => {
    state.unheed();
    state.growth.disconnect();
    MATRICES.delete(root);
  };
}

// Show what was sent; where the same cells stand already, as after a title that was shown at once, they stay.
function take(state, data) {
  const moved = state.data?.key !== data.key;
  const before = state.data?.session;
  state.data = data;
  if (moved || !data.echo) state.view = { ...data.view };
  if (moved) state.cursor = null;
  const focus = focused(state);
  if (moved || state.drawn !== drawing(state)) compose(state, moved);
  else showCheck(state);
  if (moved) relock(state, before);
  glow(state, false);
  scrollBack(state);
  refocus(state, focus);
  state.root.dataset.painted = data.key;
}

// Everything that the cells depend on; the check is added to them.
function drawing(state) {
  const { quantity, scale } = state.view;
  return JSON.stringify([state.data, quantity, scale], (name, value) => (NOT_DRAWN.has(name) ? undefined : value));
}

// Another title of the same session, shown before the server answers; what removal does to it is still to be checked.
function showTitle(state) {
  const { title } = BUS;
  if (title === state.title) return;
  state.title = title;
  const { data } = state;
  const { titles } = BUS;
  const parts = titles?.session === title.session ? titles.parts[title.item] : null;
  const key = `${title.session}|${title.item}`;
  if (!parts || key === data.key || sessionOf(data.key) !== title.session) return;
  const added = contributionsOf(parts.added, data.heads.length);
  const events = data.events.map((event) => ({ ...event, named: false }));
  const view = { ...state.view };
  take(state, { ...data, ...parts, key, added, events, view, pending: true, without: null, echo: false });
}

// A key ends with the catalogue row of its title.
function sessionOf(key) {
  return key.slice(0, key.lastIndexOf("|"));
}

// (heads, L) from 16-bit tenths of points.
function contributionsOf(text, heads) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const values = new DataView(bytes.buffer);
  const length = bytes.length / 2 / heads;
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length }, (_, at) => values.getInt16(2 * (head * length + at), true) / 10),
  );
}

// What removal does, and which events the sentence names: sent with the matrix, or after it.
function checkOf({ data }) {
  if (!data.pending) return { key: data.key, without: data.without, named: data.named ?? [] };
  return BUS.check?.key === data.key ? BUS.check : null;
}

function showCheck(state) {
  const check = checkOf(state);
  if (check === state.check) return;
  state.check = check;
  state.rows.forEach(({ whole, parts }, at) => {
    parts.at(-1).replaceChildren(...removal(state, at));
    whole.classList.toggle("sr-mx-named", isNamed(state, at));
  });
  markCheck(state);
}

function markCheck(state) {
  state.root.classList.toggle("sr-mx-checking", !state.check);
  state.root.querySelector(".sr-mx-pending").textContent = state.check ? "" : state.data.words.checking;
  const texts = state.check?.without?.texts ?? []; // they come with the check, so that only now is their width known
  state.root.style.setProperty("--texts", Math.max(...texts.map((text) => text.length), 4));
  if (state.check) state.root.dataset.checked = state.data.key;
}

function isNamed(state, at) {
  return Boolean(state.data.events[at].named || state.check?.named.includes(at));
}

function redraw(state) {
  const focus = focused(state);
  compose(state, false);
  glow(state, false);
  scrollBack(state);
  refocus(state, focus);
}

// Last, since it lays out what was drawn.
function scrollBack(state) {
  if (state.scroll === null) return;
  state.frame.scrollTop = state.scroll;
  state.scroll = null;
}

// The latest events of a session are in view until the reader scrolls, however the rows grow with the check and fonts.
function keepLatest(state, table) {
  const { frame } = state;
  frame.onscroll = () => (state.latest = frame.scrollTop + frame.clientHeight >= frame.scrollHeight - 1);
  state.growth?.disconnect();
  state.growth = new ResizeObserver(() => state.latest && (frame.scrollTop = FAR));
  state.growth.observe(table);
}

// What has the focus, by what it stands for, so that it can be found again after the matrix is drawn anew.
function focused(state) {
  const node = document.activeElement;
  if (!state.rows || !state.root.contains(node)) return null;
  const at = state.rows.findIndex(({ parts }) => parts.includes(node));
  const { value, edit } = node.dataset;
  const columnIndex = at < 0 ? 0 : state.rows[at].parts.indexOf(node);
  return { at, columnIndex, value, edit, head: node.closest("[data-head]")?.dataset.head };
}

// Where the focused button is gone, as that of an edit is, the focus goes to the event that was edited.
function refocus(state, focus) {
  if (!focus) return;
  const { at, columnIndex, value, edit, head } = focus;
  const by = (selector) => state.root.querySelector(selector);
  const cellAt = (row) => state.rows[Math.min(Math.max(row, 0), state.rows.length - 1)]?.parts;
  let node = null;
  if (head !== undefined) node = by(`[data-head="${Number(head)}"] button`);
  else if (value) node = by(`[data-value="${value}"]`);
  else if (edit) node = by(`[data-edit="${edit}"]`) ?? cellAt(Number(edit.split(".")[1] ?? state.rows.length) - 1)?.[0];
  else if (at >= 0) node = cellAt(at)?.[columnIndex];
  if (node && at >= 0) roving(state, node);
  node?.focus({ preventScroll: true });
}

// One cell takes part in the order of the Tab key.
function roving(state, part) {
  state.rows.forEach(({ parts }) => parts.forEach((cell) => cell.setAttribute("tabindex", "-1")));
  part.setAttribute("tabindex", "0");
}

// Lock the event of a new session, or let go of the one before; a lock in another session beside this one stays.
function relock(state, before) {
  const { session, events } = state.data;
  if (state.view.event !== null) tell({ lock: spotOf(session, events, state.view.event) });
  else if (before !== undefined && BUS.lock?.key === before) tell({ lock: null });
}

// The event that another component locked, and the head and the scale that the full maps show, become this view's too.
function hear(state) {
  if (!state.data) return;
  showTitle(state);
  if (state.data.pending && !state.check) showCheck(state);
  const event = BUS.lock?.key === state.data.session ? BUS.lock.event : null;
  const shown = adopted(state);
  const rescaled = "scale" in shown && shown.scale !== state.view.scale;
  Object.assign(state.view, shown);
  if (rescaled) redraw(state);
  if (event !== state.view.event) {
    state.view.event = event;
    announce(state);
  }
  glow(state, true);
}

// --- what is shown

// (heads, L) what the cells show: signed contributions in points, or unsigned attention in per cent.
function cells(state) {
  return state.view.quantity === "contribution" && state.data.added ? state.data.added : state.data.attention;
}

function isSigned(state) {
  return cells(state) === state.data.added;
}

// Of each head, the size that has the strongest colour.
function scales(state) {
  const largest = cells(state).map((row) => Math.max(...row.map(Math.abs), 1e-9));
  return state.view.scale === "own" ? largest : largest.map(() => Math.max(...largest));
}

function heading(state) {
  const { heads, words } = state.data;
  if (!heads.length) return words.session;
  return isSigned(state) ? words.added : words.attended;
}

function points(value) {
  const whole = Math.round(value);
  return whole === 0 ? "0" : `${whole > 0 ? "+" : "−"}${NUMBERS.format(Math.abs(whole))}`;
}

function amount(state, value) {
  return isSigned(state) ? points(value) : `${Math.round(value)}%`;
}

function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

// Whole numbers that add up to the rounded sum, each at most one from its value (method of the largest remainder).
function wholes(values) {
  const rounded = values.map(Math.floor);
  const missing = Math.round(total(values)) - total(rounded);
  const rest = (at) => values[at] - rounded[at];
  const order = values.map((_, at) => at).sort((a, b) => rest(b) - rest(a));
  order.slice(0, missing).forEach((at) => (rounded[at] += 1));
  return rounded;
}

// --- drawing

function compose(state, moved) {
  const { data } = state;
  state.check = checkOf(state);
  state.drawn = drawing(state);
  state.latest ||= moved;
  const scroll = state.latest ? FAR : state.frame.scrollTop;
  state.pointed = null;
  const table = el("table", {
    class: "sr-mx",
    role: "grid",
    "aria-label": data.label,
    onkeydown: (e) => keys(state, e),
    // One listener of each kind, not one a cell: there are five hundred cells.
    onpointerover: (e) => pointAt(state, e.target),
    onpointerleave: () => pointAt(state, null),
    onfocusin: (e) => e.target.matches(":focus-visible") && withPart(state, e.target, point),
    onclick: (e) => withPart(state, e.target, lock),
  });
  const names = el("tr", {}, el("th", { scope: "col", class: "sr-mx-corner" }, corner(state)));
  data.heads.forEach((head, at) => names.append(column(state, head, at)));
  const pending = el("span", { class: "sr-mx-pending", "aria-live": "polite" });
  names.append(el("th", { scope: "col", class: "sr-mx-without" }, data.words.without, " ", pending));
  const body = el("tbody");
  state.scales = scales(state);
  state.rows = data.events.map((event, at) => line(state, event, at));
  state.rows.forEach((row, at) => body.append(...ghosts(state, at), row.whole));
  body.append(...ghosts(state, data.events.length));
  table.append(el("thead", {}, names), body);
  if (isSigned(state)) table.append(foot(state));
  state.frame = el("div", { class: "sr-mx-frame", tabindex: "-1" }, table);
  state.status = el("p", { class: "sr-mx-status", "aria-live": "polite" });
  state.actions = el("div", { class: "sr-mx-actions" });
  state.offered = null;
  const below = el("div", { class: "sr-mx-below" }, state.status, state.actions);
  state.root.replaceChildren(tools(state), state.frame, below);
  for (const name of ["category", "short"]) {
    const letters = Math.max(...data.events.map((event) => event[name].length), 1);
    state.root.style.setProperty(`--${name}`, Math.min(letters, MOST_LETTERS));
  }
  const rows = data.events.length + data.ghosts.length;
  state.root.classList.toggle("sr-mx-short", rows <= 10);
  state.root.classList.toggle("sr-mx-dense", rows > 16);
  state.root.classList.toggle("sr-mx-long", rows > 20);
  state.scroll = scroll;
  keepLatest(state, table);
  focusable(state)?.setAttribute("tabindex", "0");
  markCheck(state);
}

function corner(state) {
  const { data } = state;
  const parts = [el("span", {}, data.words.corner)];
  if (data.hidden) parts.push(el("small", {}, data.hidden));
  return el("div", {}, ...parts);
}

function tools(state) {
  const { data } = state;
  const bar = el("div", { class: "sr-mx-tools" }, el("strong", {}, heading(state)));
  if (isSigned(state)) {
    bar.append(
      el("span", { class: "sr-mx-key sr-mx-for" }, "speaks for it"),
      el("span", { class: "sr-mx-key sr-mx-against" }, "speaks against it"),
    );
  } else if (data.heads.length)
    bar.append(el("span", { class: "sr-mx-key sr-mx-plain" }, "share of the head's attention"));
  const choices = el("span", { class: "sr-mx-choices" });
  if (data.added)
    choices.append(
      choice(
        state,
        "quantity",
        [
          ["contribution", "Contributions"],
          ["attention", "Attention"],
        ],
        "Cells show",
      ),
    );
  if (data.heads.length)
    choices.append(
      choice(
        state,
        "scale",
        [
          ["shared", "One scale"],
          ["own", "Scale per head"],
        ],
        "Colour scale",
      ),
    );
  if (!data.compact) bar.append(choices);
  return bar;
}

function choice(state, name, options, label) {
  const group = el("span", { class: "sr-mx-choice", role: "group", "aria-label": label });
  options.forEach(([value, text]) => {
    const pressed = String(state.view[name] === value);
    group.append(
      el(
        "button",
        { type: "button", "aria-pressed": pressed, "data-value": value, onclick: () => set(state, { [name]: value }) },
        text,
      ),
    );
  });
  return group;
}

function column(state, head, at) {
  const button = el(
    "button",
    {
      type: "button",
      "aria-pressed": String(state.view.head === at),
      title: `${head.name}: ${head.meaning}`,
      onclick: () => open(state, at),
    },
    el("b", {}, head.short),
    el(
      "span",
      { class: "sr-mx-type" },
      el("span", { class: "sr-mx-letter" }, head.type[0].toUpperCase()),
      el("span", { class: "sr-mx-word" }, head.type),
      head.uniform ? "†" : "",
    ),
    el("span", { class: "sr-mx-phrase" }, head.phrase),
  );
  return hue(
    el(
      "th",
      {
        scope: "col",
        class: "sr-mx-head",
        "data-head": at,
        "aria-label": `${head.name}, ${head.type}, ${head.phrase}`,
      },
      button,
    ),
    head.colour,
  );
}

function line(state, event, at) {
  const { data } = state;
  const mark = el("span", { class: event.strong ? "sr-mx-mark sr-strong" : "sr-mx-mark" }, event.short);
  const title = el(
    "th",
    { scope: "row", class: "sr-mx-event", tabindex: "-1", title: `${event.title} · ${event.category} · ${event.mark}` },
    el("span", { class: "sr-mx-number" }, String(event.number)),
    el("span", { class: "sr-mx-dot", "aria-hidden": "true" }),
    el("span", { class: "sr-mx-title" }, event.title),
    el("span", { class: "sr-mx-category" }, event.category),
    mark,
  );
  const tiles = data.heads.map((head, number) => tile(state, number, at));
  const without = el("td", { class: "sr-mx-without", tabindex: "-1" }, ...removal(state, at));
  const whole = hue(
    el("tr", { "data-event": at, class: isNamed(state, at) ? "sr-mx-named" : "" }, title, ...tiles, without),
    event.colour,
  );
  return { whole, parts: [title, ...tiles, without] };
}

// Events that a what-if took away, struck through where they stood.
function ghosts(state, before) {
  return state.data.ghosts
    .filter((ghost) => ghost.before === before)
    .map((ghost) =>
      el(
        "tr",
        { class: "sr-mx-ghost" },
        el(
          "th",
          { scope: "row", class: "sr-mx-event" },
          el("span", { class: "sr-mx-number" }, "–"),
          el("s", { class: "sr-mx-title" }, ghost.title),
        ),
        el("td", { colspan: state.data.heads.length + 1 }, "taken away"),
      ),
    );
}

function tile(state, head, at) {
  const value = cells(state)[head][at];
  const share = Math.abs(value) / state.scales[head];
  const shown = share >= LEAST_SHOWN;
  const name = value < 0 && shown ? "sr-mx-cell sr-mx-minus" : "sr-mx-cell";
  const cell = CELL.cloneNode(false);
  cell.className = name;
  cell.setAttribute("aria-label", sentenceOf(state, head, at));
  cell.style.setProperty("--share", shown ? share.toFixed(3) : "0");
  if (state.data.expert) cell.append(el("span", { "aria-hidden": "true" }, amount(state, value)));
  return cell;
}

// What taking the event away does: a bar to the right where the title needs it, to the left where it speaks against.
function removal(state, at) {
  const without = state.check?.without;
  if (!without) return [];
  const value = without.points[at];
  const [least, most] = [Math.min(0, ...without.points), Math.max(0, ...without.points)];
  const span = Math.max(most - least, 1e-9);
  const bar = el("span", { class: value < 0 ? "sr-mx-bar sr-mx-minus" : "sr-mx-bar", "aria-hidden": "true" });
  const axis = el("span", { class: "sr-mx-axis" }, bar);
  axis.style.setProperty("--share", (Math.abs(value) / span).toFixed(3));
  axis.style.setProperty("--zero", (-least / span).toFixed(3));
  return [axis, el("span", { class: "sr-mx-rank" }, without.texts[at])];
}

// The sums of the heads and what no event decides: everything adds up to the score.
function foot({ data }) {
  const parts = wholes([...data.base.map(([, value]) => value), ...data.sums]);
  const sums = parts.slice(data.base.length);
  const row = el("tr", { class: "sr-mx-sums" }, el("th", { scope: "row" }, "Sum of each head"));
  sums.forEach((sum) => row.append(el("td", { class: sum < 0 ? "sr-mx-less" : "" }, points(sum))));
  row.append(el("td", { class: "sr-mx-without" }, `heads together ${points(total(sums))}`));
  const terms = [...data.base.map(([name], at) => `${name} ${points(parts[at])}`), `heads ${points(total(sums))}`];
  const score = el(
    "tr",
    { class: "sr-mx-score" },
    el("th", { scope: "row" }, "Score"),
    el(
      "td",
      { colspan: data.heads.length + 1 },
      `${terms.join("  ·  ")}  =  `,
      el("b", {}, `${points(total(parts))} points`),
      ` ${data.words.score}`,
    ),
  );
  return el("tfoot", {}, row, score);
}

// --- what pointer and keys do

function sentenceOf(state, head, at) {
  const { data } = state;
  const [info, event] = [data.heads[head], data.events[at]];
  const value = cells(state)[head][at];
  const name = `event ${event.number}, ${event.title}`;
  return isSigned(state)
    ? `${info.name} adds ${points(value)} points because of ${name}`
    : `${info.name} gives ${Math.round(value)}% of its attention to ${name}`;
}

function rowSentence(state, at) {
  const { data } = state;
  const event = data.events[at];
  const sum = isSigned(state)
    ? ` All heads add ${points(total(cells(state).map((row) => row[at])))} points because of it.`
    : "";
  const rank = state.check?.without ? ` ${state.check.without.sentences[at]}` : "";
  return `Event ${event.number}, ${event.title} (${event.category}, ${event.mark}).${sum}${rank}`;
}

// The part of an event's row that a node lies in, by its row and column.
function withPart(state, node, act) {
  const part = node.closest("[data-event] > *");
  if (part) act(state, Number(part.parentNode.dataset.event), part.cellIndex);
}

function pointAt(state, node) {
  const part = node?.closest("[data-event] > *") ?? null;
  if (part === state.pointed) return;
  const before = state.pointed;
  if (!part && node?.matches("table, tbody, tr")) return; // between two cells
  state.pointed = part;
  if (part) withPart(state, part, point);
  else if (before) leaveRow(state);
}

function point(state, at, columnIndex) {
  state.cursor = { at, columnIndex };
  tell({ preview: spotOf(state.data.session, state.data.events, at) });
}

function leaveRow(state) {
  state.cursor = null;
  tell({ preview: null });
}

function lock(state, at, columnIndex) {
  const same = state.view.event === at && (state.cursor?.columnIndex ?? 0) === columnIndex;
  const event = same ? null : at;
  set(state, { event }, false);
  tell({ preview: null, lock: event === null ? null : spotOf(state.data.session, state.data.events, event) });
}

// A head opens to its full map below; once more closes it.
function open(state, head) {
  set(state, { head: state.view.head === head ? null : head }, false);
  glow(state, false);
}

function set(state, changes, drawn = true) {
  Object.assign(state.view, changes);
  if (drawn) redraw(state);
  announce(state);
}

function announce(state) {
  const { head, scale } = state.view;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => state.say({ ...state.view }), SAY_AFTER);
  if (BUS.view?.head !== head || BUS.view?.scale !== scale || BUS.view?.by !== state.root)
    tell({ view: { session: state.data.session, by: state.root, head, scale } });
}

function focusable(state) {
  return state.rows.at(-1)?.parts[0];
}

function keys(state, e) {
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const row = state.rows.findIndex(({ parts }) => parts.includes(document.activeElement));
  if (e.key === "Escape") {
    set(state, { event: null }, false);
    tell({ preview: null, lock: null });
  }
  if (row < 0) return;
  const columnIndex = state.rows[row].parts.indexOf(document.activeElement);
  const last = state.rows.length - 1;
  let next = null;
  if (e.key in moves) next = [row + moves[e.key][0], columnIndex + moves[e.key][1]];
  else if (e.key === "Home") next = [0, columnIndex];
  else if (e.key === "End") next = [last, columnIndex];
  else if (e.key === "Enter" || e.key === " ") lock(state, row, columnIndex);
  else return;
  e.preventDefault();
  if (!next) return;
  const to = state.rows[Math.min(Math.max(next[0], 0), last)].parts;
  const part = to[Math.min(Math.max(next[1], 0), to.length - 1)];
  roving(state, part);
  part.focus();
}

function glow(state, follow) {
  if (!state.data) return;
  const { data } = state;
  const light = lit(data.session, data.events);
  const locked = BUS.lock?.key === data.session ? BUS.lock.event : null;
  state.rows.forEach(({ whole, parts }, at) => {
    whole.classList.toggle("sr-lit", at === light.event);
    whole.classList.toggle("sr-same", light.same.has(at));
    whole.classList.toggle("sr-locked", at === locked);
    parts[0].setAttribute("aria-selected", String(at === locked));
  });
  state.root.querySelectorAll(".sr-mx-head").forEach((head, at) => {
    head.classList.toggle("sr-lit", state.cursor !== null && state.cursor.columnIndex === at + 1);
    head.classList.toggle("sr-locked", state.view.head === at);
    head.querySelector("button").setAttribute("aria-pressed", String(state.view.head === at));
  });
  state.status.textContent = statusLine(state, light);
  if (state.offered?.data !== data || state.offered.locked !== locked) {
    state.offered = { data, locked };
    state.actions.replaceChildren(...actions(state, locked));
  }
  const shown = state.rows[light.event >= 0 ? light.event : Math.max(-1, ...light.same)];
  if (follow && shown && !state.root.matches(":hover, :focus-within")) bringRow(state.frame, shown.whole);
  lightTen(state, light);
}

function statusLine(state, light) {
  const { data, cursor } = state;
  if (cursor && cursor.columnIndex > 0 && cursor.columnIndex <= data.heads.length)
    return `${sentenceOf(state, cursor.columnIndex - 1, cursor.at)}.`;
  if (light.event >= 0) return rowSentence(state, light.event);
  return data.heads.length ? data.words.hint : data.words.hint_session;
}

// What can be tried with the locked event, and the way back.
function actions(state, at) {
  const { data } = state;
  if (!data.marks) return [];
  const button = (text, edit, label) =>
    el(
      "button",
      {
        type: "button",
        class: "sr-mx-action",
        "data-edit": edit,
        "aria-label": label ?? text,
        onclick: () => state.edit(edit),
      },
      text,
    );
  const made = [];
  if (at !== null && at < data.events.length) {
    const { number } = data.events[at];
    const name = `event ${number}`;
    if (data.events.length > 1) made.push(button("Take away", `remove.${number}`, `Take ${name} away`));
    if (at > 0) made.push(button("↑ Earlier", `swap.${number - 1}.${number}`, `Move ${name} one place earlier`));
    if (at < data.events.length - 1)
      made.push(button("↓ Later", `swap.${number}.${number + 1}`, `Move ${name} one place later`));
    const select = el("select", {
      class: "sr-mx-action",
      "data-edit": `engage.${number}`,
      "aria-label": `What was done with ${name}`,
      onchange: (e) => e.target.value && state.edit(`engage.${number}.${e.target.value}`),
    });
    select.append(el("option", { value: "" }, `instead of “${data.events[at].mark}” …`));
    data.marks
      .filter(([, text]) => text !== data.events[at].mark)
      .forEach(([value, text]) => select.append(el("option", { value }, text)));
    made.push(select);
  }
  if (data.edited) {
    made.push(button("Undo", "undo"), button("Start over", "reset"));
  }
  return made;
}

// Up and down within the frame only: the page itself must not jump.
function bringRow(frame, row) {
  const [box, edge] = [frame.getBoundingClientRect(), row.getBoundingClientRect()];
  const [top, bottom] = [box.top + 70, box.bottom - 50];
  if (edge.top < top) frame.scrollTop += edge.top - top;
  else if (edge.bottom > bottom) frame.scrollTop += edge.bottom - bottom;
}

// The same title in the list of recommendations, where it stands among them.
function lightTen(state, light) {
  const item = light.event >= 0 ? String(state.data.events[light.event].item) : null;
  document.querySelectorAll(".sr-ten [data-item]").forEach((option) => {
    option.classList.toggle("sr-lit", item !== null && option.dataset.item === item);
  });
}
