// SPDX-License-Identifier: BSL-1.0
// Tables of a recording. A column is sorted by a click on its head; a row leads to its place.

// Rows are {cells, go}; a cell is what is shown, or {shown, value} to be sorted by its value.
class Table extends Component {
  constructor() {
    super();
    this.state = {by: -1, down: true, all: false};
  }
  sort(k) {
    const {by, down} = this.state;
    this.setState({by: k, down: by === k ? !down : k >= this.props.words_first});
  }
  render({head, rows, words_first, go, label}, {by, down, all}) {
    const value = (row) => row.cells[by]?.value ?? row.cells[by];
    const compare = (a, b) => {
      const x = value(a), y = value(b);
      const order = typeof x === 'number' && typeof y === 'number' ? x - y
        : String(x).localeCompare(String(y), undefined, {numeric: true});
      return down ? -order : order;
    };
    const most = 50, sorted = by < 0 ? rows : [...rows].sort(compare);
    const shown = all ? sorted : sorted.slice(0, most);
    const kind = (k) => k < words_first ? 'word' : undefined;
    const enter = (row) => (e) => { if (e.key === 'Enter') go(placeOf(row)); };
    return html`<div class="wide"><table aria-label=${label}>
      <thead><tr>${head.map((name, k) => html`<th scope="col" class=${kind(k)}
        aria-sort=${by !== k ? 'none' : down ? 'descending' : 'ascending'}>
        <button class="head" onClick=${() => this.sort(k)}>${name}${by !== k ? ''
          : down ? ' ▾' : ' ▴'}</button></th>`)}</tr></thead>
      <tbody>${shown.map((row) => html`<tr class=${row.go ? 'go' : undefined}
        tabindex=${row.go ? 0 : undefined} onClick=${row.go ? () => go(placeOf(row)) : undefined}
        onKeyDown=${row.go ? enter(row) : undefined}>${row.cells.map((cell, k) =>
        html`<td class=${kind(k)}>${cell?.shown ?? cell}</td>`)}</tr>`)}</tbody></table>
      ${shown.length < rows.length ? html`<button onClick=${() => this.setState({all: true})}>
        + ${rows.length - most}</button>` : null}</div>`;
  }
}

// Where a row leads to: a place, or how to find it, which may take long.
function placeOf({go}) { return typeof go === 'function' ? go() : go; }

// The tables of a recording, in the order of what they explain: {title, head, rows, words_first}.
function tablesOf(r, words) {
  const out = [];
  const time = (t) => ({shown: r.time(t), value: t});
  const dash = (t) => t > 0 ? time(t) : {shown: '–', value: 0};
  const add = (title, words_first, head, rows) => {
    if (rows.length) out.push({title, words_first, head, rows});
  };
  const {requests} = r;

  // A column that only some recordings know.
  const noticed = r.calls.some((c) => c.how);
  add(words.calls, noticed ? 2 : 1, [words.call, ...(noticed ? [words.how] : []), words.count,
    words.total, 'p99', words.worst, words.at, words.handed, words.collateral], r.calls.map((c) => {
    const [n, total, p99, worst, at] = c.times;
    return {cells: [c.what, ...(noticed ? [c.how] : []), n, time(total), time(p99), time(worst),
      time(at), c.handed, dash(c.collateral)],
    go: {lane: r.lwps[c.lwp], begin: at, end: at + worst}};
  }));
  add(words.who, 4, [words.waiter, words.what, words.owner, words.waker, words.count, words.total,
    'p99', words.worst, words.at], r.waits.map((w) => {
    const [n, total, p99, worst, at] = w.times;
    return {cells: [r.fiberName(w.waiter), w.what, r.fiberName(w.owner), r.fiberName(w.waker), n,
      time(total), time(p99), time(worst), time(at)],
    go: {lane: r.fibers[w.waiter], begin: at, end: at + worst}};
  }));
  add(words.objects, 1, [words.object, words.uses, words.waits_n, words.waited, words.longest,
    words.at, words.held_blocked], r.objects.map(([name, uses, waits, waited, longest, at, held]) =>
    ({cells: [name, uses, waits, dash(waited), dash(longest), longest > 0 ? time(at) : '–', held],
      go: longest > 0 ? () => waitingFor(r, name, at) : null, waited}))
    .sort((a, b) => b.waited - a.waited));
  add(words.spans, 1, [words.span, words.count, 'p50', 'p90', 'p99', words.worst],
    r.spans.map(([what, n, ...times]) => ({cells: [what, n, ...times.map(time)]})));
  const slow = Array.from({length: requests.count}, (_, i) => i)
    .sort((a, b) => requests.end[b] - requests.begin[b] - requests.end[a] + requests.begin[a])
    .slice(0, 100);
  const did = [RUNNING, READY, BLOCKED, WAITS, IO];
  add(words.requests, 2, [words.request, words.fiber, words.begin, words.lasts,
    ...did.map((s) => words[STATES[s]])], slow.map((i) => {
    const lane = r.fibers[requests.fiber[i]], begin = requests.begin[i], end = requests.end[i];
    const sums = lane.between(begin, end);
    return {cells: [r.texts[requests.what[i]], lane.name, time(begin), time(end - begin),
      ...did.map((s) => dash(sums[s]))], go: {lane, begin, end}};
  }));
  if (r.processes.length > 1) {
    add(words.processes, 2, [words.process, words.role, words.call, words.begin, words.forked_by],
      r.processes.map((p) => ({cells: [p.number, p.role || '–', p.command,
        p.began >= 0 ? time(p.began) : '–', p.parent > 0 ? p.parent : '–']})));
  }
  const lanes = (all, states, first) => {
    const moved = all.some((lane) => lane.migrations > 0), made = all.some((lane) => lane.origin);
    return [[first, ...(made ? [words.origin] : []), ...states.map((s) => words[STATES[s]]),
      words.runs, ...(moved ? [words.migrations] : [])], all.map((lane) => ({
      cells: [lane.name, ...(made ? [lane.origin || ''] : []),
        ...states.map((s) => dash(lane.total[s])), lane.runs, ...(moved ? [lane.migrations] : [])],
      go: lane.count ? {lane, begin: lane.begin[0], end: lane.end} : null}))];
  };
  add(words.lwps, 1, ...lanes(r.lwps, [RUNNING, BLOCKED, IDLE, UNPERMITTED], 'LWP'));
  add(words.fibers, r.fibers.some((lane) => lane.origin) ? 2 : 1,
    ...lanes(r.fibers, [RUNNING, READY, WAITS, IO, ASLEEP, BLOCKED], words.fiber));
  return out;
}

// The waiting for an object that began at a time.
function waitingFor(r, object, at) {
  for (const lane of r.fibers) {
    const i = lane.find(at);
    if (i >= 0 && lane.object[i] !== NOBODY && r.objectNames[lane.object[i]] === object) {
      return {lane, begin: lane.begin[i], end: lane.begin[i + 1]};
    }
  }
  return {lane: null, begin: at, end: at};
}

// Folded, but the first; a table is made when it is opened.
class Section extends Component {
  constructor(props) {
    super();
    this.state = {open: props.open};
  }
  render({title, open, children}) {
    return html`<details open=${open} onToggle=${(e) => this.setState({open: e.target.open})}>
      <summary><h3>${title}</h3></summary>${this.state.open ? children : null}</details>`;
  }
}
class Tables extends Component {
  shouldComponentUpdate(next) { return next.timeline !== this.props.timeline; }
  render({timeline, words, go}) {
    return tablesOf(timeline.r, words).map(({title, ...table}, k) =>
      html`<${Section} key=${title} title=${title} open=${k < 2}>
        <${Table} ...${table} label=${title} go=${(where) => go(timeline, where)} /><//>`);
  }
}

// What is in view, for those who do not see the canvas.
function inView(timeline, words) {
  const {r, view} = timeline, found = [];
  for (const {lane} of timeline.rows) {
    if (!lane) continue;
    const end = Math.min(lane.first(view.to) + 1, lane.count);
    for (let i = lane.first(view.from); i < end && found.length < 200000; ++i) {
      if (lane.state[i] !== NONE) found.push({lane, i});
    }
  }
  found.sort((a, b) => b.lane.length(b.i) - a.lane.length(a.i));
  return {head: [words.lane, words.state, words.what, words.begin, words.lasts], words_first: 3,
    rows: found.slice(0, 100).map(({lane, i}) => ({
      cells: [lane.name, words[STATES[lane.state[i]]], r.label(lane, i),
        {shown: r.time(lane.begin[i]), value: lane.begin[i]},
        {shown: r.time(lane.length(i)), value: lane.length(i)}],
      go: {lane, begin: lane.begin[i], end: lane.begin[i + 1]}}))};
}

// Live: what has waiters now, who holds it, and since when the first of them waits.
function waitingNow(r, words) {
  const of = new Map();
  for (const lane of r.fibers) {
    const i = lane.count - 1;
    if (i < 0 || lane.end < r.length || lane.object[i] === NOBODY) continue;
    if (lane.state[i] !== WAITS && lane.state[i] !== IO) continue;
    const waits = of.get(lane.object[i]) || {waiters: [],
      owner: r.holdersOf.at(lane.object[i], r.length), since: Infinity};
    waits.waiters.push(lane.name);
    waits.since = Math.min(waits.since, lane.begin[i]);
    of.set(lane.object[i], waits);
  }
  return {head: [words.object, words.owner, words.waiters, words.count, words.lasts],
    words_first: 3,
    rows: [...of].sort((a, b) => a[1].since - b[1].since)
      .map(([object, {waiters, owner, since}]) => ({
      cells: [r.objectNames[object], r.fiberName(owner), waiters.slice(0, 6).join(', ') +
        (waiters.length > 6 ? ', …' : ''), waiters.length,
      {shown: r.time(r.length - since), value: r.length - since}]}))};
}
