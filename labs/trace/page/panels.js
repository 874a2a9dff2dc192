// SPDX-License-Identifier: BSL-1.0
// What stands around the timelines: findings, tables, the selection, search, counters.

function h(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) e.setAttribute(name, value);
  }
  e.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return e;
}
// Replaces {name} in a sentence of the catalogue.
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

// ---- search: name:worker state:blocked dur>10ms, other words anywhere in the label ----
function parseQuery(text, words) {
  const tests = [];
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const compare = /^dur([<>])(.+)$/.exec(word);
    if (compare) {
      const limit = parseDuration(compare[2]);
      if (Number.isNaN(limit)) continue;
      tests.push((r, lane, i) =>
        compare[1] === '>' ? lane.length(i) > limit : lane.length(i) < limit);
    } else if (word.startsWith('name:')) {
      const name = word.slice(5).toLowerCase();
      tests.push((r, lane) => lane.name.toLowerCase().includes(name));
    } else if (word.startsWith('state:')) {
      const state = word.slice(6).toLowerCase();
      const wanted = STATES.map((s) => s.startsWith(state) || (words[s] || '').startsWith(state));
      tests.push((r, lane, i) => wanted[lane.state[i]]);
    } else {
      const part = word.toLowerCase();
      tests.push((r, lane, i) => lane.name.toLowerCase().includes(part) ||
        r.label(lane, i).toLowerCase().includes(part));
    }
  }
  return tests.length === 0 ? null : (r, lane, i) => tests.every((test) => test(r, lane, i));
}
function search(timelines, text, words) {
  const test = parseQuery(text, words), found = [];
  if (!test) return found;
  for (const timeline of timelines) {
    for (const lane of [...timeline.r.fibers, ...timeline.r.lwps]) {
      for (let i = 0; i < lane.count && found.length < 100000; ++i) {
        if (lane.state[i] !== NONE && test(timeline.r, lane, i)) found.push({timeline, lane, i});
      }
    }
  }
  return found.sort((a, b) => a.lane.begin[a.i] - b.lane.begin[b.i]);
}

// ---- tables ----
function table(head, rows, wordColumns, onClick) {
  const most = 50;
  const body = h('tbody', {});
  const add = (from, to) => {
    for (const row of rows.slice(from, to)) {
      const cells = row.cells.map((cell, k) =>
        h('td', {class: k < wordColumns ? 'word' : undefined}, cell));
      const go = row.go && (() => onClick(row.go));
      body.append(h('tr', go ? {tabindex: 0, class: 'go', onclick: go,
        onkeydown: (e) => { if (e.key === 'Enter') go(); }} : {}, cells));
    }
  };
  add(0, most);
  const out = h('div', {class: 'wide'}, h('table', {},
    h('thead', {}, h('tr', {}, head.map((cell, k) =>
      h('th', {scope: 'col', class: k < wordColumns ? 'word' : undefined}, cell)))), body));
  if (rows.length > most) {
    const button = h('button', {onclick: () => { add(most, rows.length); button.remove(); }},
      `+ ${rows.length - most}`);
    out.append(button);
  }
  return out;
}
const dash = (t) => t ? duration(t) : '–';

function tables(timeline, words, go) {
  const r = timeline.r, out = [];
  const section = (title, inside) => out.push(h('details', {open: out.length < 2},
    h('summary', {}, h('h3', {}, title)), inside));
  if (r.calls.length) {
    section(words.calls, table(
      [words.call, words.count, words.total, 'p99', words.worst, words.at, words.handed,
        words.collateral],
      r.calls.map((c) => {
        const [n, total, p99, worst, at] = c.times;
        return {cells: [c.what, n, duration(total), duration(p99), duration(worst), duration(at),
          c.handed, dash(c.collateral)], go: {lane: r.lwps[c.lwp], begin: at, end: at + worst}};
      }), 1, go));
  }
  if (r.waits.length) {
    section(words.who, table(
      [words.waiter, words.what, words.owner, words.waker, words.count, words.total, 'p99',
        words.worst, words.at],
      r.waits.map((w) => {
        const [n, total, p99, worst, at] = w.times;
        return {cells: [r.fiberName(w.waiter), w.what, r.fiberName(w.owner), r.fiberName(w.waker),
          n, duration(total), duration(p99), duration(worst), duration(at)],
        go: {lane: r.fibers[w.waiter], begin: at, end: at + worst}};
      }), 4, go));
  }
  if (r.spans.length) {
    section(words.spans, table([words.span, words.count, 'p50', 'p90', 'p99', words.worst],
      r.spans.map(([what, n, ...times]) => ({cells: [what, n, ...times.map(duration)]})), 1, go));
  }
  const lanes = (all, states, first) => table(
    [first, ...states.map((s) => words[STATES[s]]), words.runs],
    all.map((lane) => {
      let runs = 0;
      for (let i = 0; i < lane.count; ++i) runs += lane.state[i] === RUNNING ? 1 : 0;
      return {cells: [lane.name, ...states.map((s) => dash(lane.upTo(s, Infinity))), runs],
        go: lane.count ? {lane, begin: lane.begin[0], end: lane.begin[lane.count]} : null};
    }), 1, go);
  section(words.lwps, lanes(r.lwps, [1, 6, 7, 8], 'LWP'));
  section(words.fibers, lanes(r.fibers, [1, 2, 3, 4, 5, 6], words.fiber));
  return out;
}

// ---- who waits for whom at a time ----
function waitGraph(timeline, t, words) {
  const r = timeline.r, items = [];
  for (const lane of r.fibers) {
    const i = lane.find(t);
    if (i < 0) continue;
    if (lane.state[i] === WAITS || lane.state[i] === IO) {
      let text = `${lane.name} → ${r.label(lane, i)}`;
      if (lane.owner[i] !== NOBODY && lane.object[i] !== NOBODY) {
        text += ` → ${r.fiberName(lane.owner[i])}`;
      }
      items.push(text);
    } else if (lane.state[i] === BLOCKED) {
      items.push(`${lane.name} → ${words.blocked}: ${r.label(lane, i)}`);
    }
  }
  return h('div', {}, h('h3', {}, fill(words.graph, {time: duration(t)})),
    items.length ? h('ul', {}, items.slice(0, 40).map((text) => h('li', {}, text)))
      : h('p', {class: 'soft'}, words.nobody_waits));
}

// ---- what is selected ----
function details(timeline, slice, words) {
  const {lane, i} = slice, r = timeline.r;
  const parts = [[words.lane, lane.name], [words.state, words[STATES[lane.state[i]]]]];
  const label = r.label(lane, i);
  if (label) parts.push([words.what, label]);
  parts.push([words.begin, duration(lane.begin[i])], [words.lasts, duration(lane.length(i))]);
  if (lane.owner[i] !== NOBODY) parts.push([words.held_by, r.fiberName(lane.owner[i])]);
  if (lane.waker[i] !== NOBODY) parts.push([words.waker, r.fiberName(lane.waker[i])]);
  return h('dl', {class: 'details'}, parts.map(([name, value]) =>
    [h('dt', {}, name), h('dd', {}, value)]));
}

// ---- times by state in a range ----
function rangeStatistics(timeline, from, to, words) {
  const line = (lanes, states, title) => {
    const sum = states.map((s) =>
      lanes.reduce((all, lane) => all + lane.upTo(s, to) - lane.upTo(s, from), 0));
    const parts = states.map((s, k) => sum[k] > 0
      ? `${words[STATES[s]]} ${duration(sum[k])}` : null).filter(Boolean);
    return h('div', {}, h('b', {}, title + ': '), parts.join(' · ') || '–');
  };
  return h('div', {class: 'range'},
    h('div', {class: 'soft'}, fill(words.range, {time: duration(to - from)})),
    line(timeline.r.lwps, [1, 6, 7, 8], words.lwps),
    line(timeline.r.fibers, [1, 2, 3, 4, 5, 6], words.fibers));
}

// ---- counters under a timeline ----
function counters(timeline, words) {
  const r = timeline.r;
  const of = (lanes, state) => (from, to) =>
    lanes.reduce((sum, lane) => sum + lane.upTo(state, to) - lane.upTo(state, from), 0) /
      (to - from);
  const out = [
    {name: words.run_queue, at: of(r.fibers, READY), colour: 'ready'},
    {name: words.busy_lwps, at: of(r.lwps, RUNNING), colour: 'running'},
    {name: words.blocked_lwps, at: of(r.lwps, BLOCKED), colour: 'blocked'},
  ];
  for (const s of r.series) {
    out.push({name: s.name, colour: 'waits', at: (from, to) => {
      let low = 0, high = s.points.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (s.points[middle][0] <= to) low = middle + 1; else high = middle;
      }
      return low > 0 ? s.points[low - 1][1] : 0;
    }});
  }
  return out;
}
const COUNTER = 34;
function paintCounters(pen, timeline, list, width) {
  const view = timeline.view, bins = Math.min(Math.max(Math.floor((width - NAMES) / 3), 10), 400);
  list.forEach((counter, k) => {
    const y = k * (COUNTER + 6), values = [];
    for (let b = 0; b < bins; ++b) {
      const from = view.from + (view.to - view.from) * b / bins;
      values.push(counter.at(from, from + (view.to - view.from) / bins));
    }
    const most = Math.max(...values, 1e-9);
    pen.text(counter.name, 4, y + 10, pen.look.ink, NAMES - 12);
    pen.text('≤ ' + (most >= 10 ? most.toFixed(0) : most.toFixed(1)), 4, y + 26, pen.look.soft,
      NAMES - 12);
    pen.line(NAMES, y + COUNTER, width, y + COUNTER, pen.look.rule);
    const w = (width - NAMES) / bins;
    values.forEach((v, b) => {
      const tall = v / most * (COUNTER - 2);
      if (tall > 0.3) {
        pen.fill(pen.look[counter.colour], NAMES + b * w, y + COUNTER - tall, w + 0.3, tall);
      }
    });
  });
}
