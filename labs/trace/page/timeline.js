// SPDX-License-Identifier: BSL-1.0
// The lanes of one recording. All timelines of the page share one View, so that two recordings lie
// on one time axis; each counts time from its own begin.

const LANE = 22, GAP = 3, AXIS = 20, NAMES = 150, HEAD = 22;
const MOST_LANES = 200;     // of LWPs, and of fibers: those beyond are folded until asked for
const MOST_LOOKS = 24;      // slices looked at for one column of pixels
const DENSE = 3;            // pixels for a slice; a lane with less is painted from tiles
const TILE = 256;           // columns

class View {
  constructor(length, steps) {
    this.all = Math.max(length, 1);
    this.least = steps ? 4 : 50;  // steps, or ns
    this.from = 0;
    this.to = this.all;
    this.listeners = [];
  }
  set(from, to) {
    let span = Math.min(Math.max(to - from, this.least), Math.max(this.all * 1.02, this.least));
    from = Math.min(Math.max(from, -this.all * 0.01), this.all * 1.01 - span);
    this.from = from;
    this.to = from + span;
    for (const tell of this.listeners) tell();
  }
  zoom(at, factor) {
    this.set(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }
  move(share) {
    const by = (this.to - this.from) * share;
    this.set(this.from + by, this.to + by);
  }
  show(begin, end) {
    const around = Math.max((end - begin) * 0.25, this.least * 10);
    this.set(begin - around, end + around);
  }
  // Moves so far that a time is in view, and no farther.
  reach(t) {
    const span = this.to - this.from;
    if (t < this.from) this.set(t - span * 0.2, t + span * 0.8);
    if (t > this.to) this.set(t - span * 0.8, t + span * 0.2);
  }
}

// Steps of 1, 2 or 5 times a power of ten, about `count` of them.
function ticks(from, to, count) {
  const rough = (to - from) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const out = [];
  for (let t = Math.ceil(from / step) * step; t <= to && out.length <= 10 * count; t += step) {
    out.push(t);
  }
  return out;
}

class Timeline {
  constructor(recording, view, words, shown) {
    this.r = recording;
    this.view = view;
    this.words = words;
    this.shown = shown;    // {processes, lwps, fibers}: which lanes
    this.unfolded = false;
    this.selected = null;  // {lane, i}
    this.range = null;     // {from, to}
    this.moment = null;    // the time that is looked at
    this.layOut();
  }

  // Rows from top to bottom: for each process a heading and its lane; for each of its runtimes a
  // heading, its LWPs, its fibers.
  layOut() {
    const r = this.r, {processes, lwps, fibers} = this.shown;
    this.rows = [];
    this.folded = 0;
    const weight = ({total}) =>
      total[RUNNING] + total[READY] + total[BLOCKED] + total[WAITS] * 0.01;
    const foremost = (lanes) => {
      if (this.unfolded || lanes.length <= MOST_LANES) return lanes;
      this.folded += lanes.length - MOST_LANES;
      const heavy = new Set([...lanes].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_LANES));
      return lanes.filter((lane) => heavy.has(lane));
    };
    const of = r.runtimes.map(() => ({lwps: [], fibers: []}));
    for (const lane of foremost(r.lwps)) if (lane.count) of[lane.runtime].lwps.push(lane);
    for (const lane of foremost(r.fibers)) if (lane.count) of[lane.runtime].fibers.push(lane);
    let y = AXIS;
    const several = r.processes.length > 1;
    r.processes.forEach((process, p) => {
      const mine = of.filter((_, k) => r.runtimes[k].process === p);
      if (processes && (several || process.role)) {
        y += several && p > 0 ? 6 : 0;
        this.rows.push({process, lanes: mine.flatMap((each) => each.lwps), y});
        y += LANE + GAP;
      }
      of.forEach((lanes, k) => {
        if (r.runtimes[k].process !== p || lanes.lwps.length + lanes.fibers.length === 0) return;
        if (!lwps && !fibers) return;
        this.rows.push({head: r.runtimes[k].about, runtime: k, y});
        y += HEAD;
        if (lwps) for (const lane of lanes.lwps) { this.rows.push({lane, y}); y += LANE + GAP; }
        if (lwps && fibers) y += 4;
        if (fibers) for (const lane of lanes.fibers) { this.rows.push({lane, y}); y += LANE + GAP; }
        y += 6;
      });
    });
    this.height = Math.max(y, AXIS + LANE);
    this.rowOf = new Map(this.rows.filter((row) => row.lane).map((row) => [row.lane, row]));
  }

  x(t, width) {
    return NAMES + (t - this.view.from) / (this.view.to - this.view.from) * (width - NAMES);
  }
  time(x, width) {
    return this.view.from + (x - NAMES) / (width - NAMES) * (this.view.to - this.view.from);
  }

  // What lies between `top` and `top + tall`, below an axis that stays.
  paint(pen, width, top, tall) {
    pen.above(top);
    this.paintGrid(pen, width, top, tall);
    for (const row of this.rows) {
      if (row.y + LANE < top || row.y > top + tall) continue;
      if (row.head !== undefined) {
        this.paintStandstills(pen, row, width);
      } else if (row.process) {
        this.paintProcess(pen, row, width);
      } else {
        pen.text(row.lane.name, 4, row.y + LANE / 2, pen.look.ink, NAMES - 12);
        this.paintLane(pen, row.lane, row.y, width);
        if (!row.lane.ofLwp) this.paintRequests(pen, row, width);
      }
    }
    this.paintNotes(pen, width);
    this.paintSelection(pen, width, top, tall);
    pen.above(0);
    pen.fill(pen.look.paper, 0, 0, width, AXIS - 2);
    const all = this.ticks(width);
    for (const t of all) {
      const x = this.x(t, width), text = this.r.time(t, all[1] - all[0]);
      if (x >= NAMES - 1 && x + 7 * text.length < width) {
        pen.text(text, x + 3, AXIS / 2, pen.look.soft);
      }
    }
    if (this.r.steps) pen.text(this.words.steps, 4, AXIS / 2, pen.look.soft, NAMES - 12);
  }
  ticks(width) {
    const all = ticks(this.view.from, this.view.to, Math.max(width / 140, 2));
    return this.r.steps ? all.filter(Number.isInteger) : all;
  }
  paintGrid(pen, width, top, tall) {
    for (const t of this.ticks(width)) {
      const x = this.x(t, width);
      if (x >= NAMES - 1) {
        pen.line(x, top + AXIS - 4, x, Math.min(top + tall, this.height), pen.look.rule);
      }
    }
  }

  // Level of detail: a slice of a pixel or more is drawn as it is; of those that share a pixel the
  // state that takes most of it, but a blocked one is preferred to all others. A lane with many
  // slices is painted from tiles, which are kept: to move it costs as little as to move pictures.
  paintLane(pen, lane, y, width) {
    const {from, to} = this.view, perPixel = (to - from) / (width - NAMES);
    const first = lane.first(from), end = this.after(lane, first, to) + 1;
    if (pen.tile && end - first > (width - NAMES) / DENSE) {
      this.paintTiles(pen, lane, y, width, perPixel);
    } else {
      this.paintSlices(pen, lane, y, width, perPixel, first);
    }
    if (!lane.ofLwp) return;
    // Below, how much of the time its kernel thread could run and had no processor.
    for (const off of this.r.offOf[lane.index]) {
      if (off.end < from || off.begin > to) continue;
      const x = Math.max(this.x(off.begin, width), NAMES);
      const w = Math.max(this.x(off.end, width) - x, 1);
      const share = Math.min(off.waited / (off.end - off.begin), 1);
      if (share > 0.05) pen.fill(pen.look.mark, x, y + LANE - 3, w, 3, 0.15 + 0.85 * share);
    }
  }
  paintSlices(pen, lane, y, width, perPixel, i) {
    const {from, to} = this.view;
    let pending = null;
    const flush = () => {
      if (pending) pen.slice(STATES[pending.state], pending.x, y, pending.to - pending.x, LANE);
      pending = null;
    };
    while (i < lane.count && lane.begin[i] < to) {
      const begin = Math.max(lane.begin[i], from), end = Math.min(lane.begin[i + 1], to);
      if (end - begin >= perPixel) {
        flush();
        this.paintSlice(pen, lane, i, y, this.x(begin, width), this.x(end, width));
        ++i;
        continue;
      }
      const column = Math.floor((begin - from) / perPixel);
      const until = from + (column + 1) * perPixel;
      const next = Math.max(this.after(lane, i, until), i + 1);
      const state = this.most(lane, i, next);
      const left = NAMES + column;
      if (pending && pending.state === state && pending.to >= left) {
        pending.to = left + 1;
      } else {
        flush();
        pending = {state, x: left, to: left + 1};
      }
      i = next;
    }
    flush();
  }
  paintSlice(pen, lane, i, y, x, end) {
    const state = STATES[lane.state[i]], w = end - x;
    pen.slice(state, x, y, w, LANE);
    if (w <= 24 || lane.state[i] === NONE) return;
    pen.text(this.r.label(lane, i) || (lane.ofLwp ? '' : this.words[state]), x + 5, y + LANE / 2,
      inkOn(state, pen.look), w - 8, PATTERNS[state] && pen.look[state]);
  }
  // Tile k has the columns of pixels from k * TILE on, counted from the recording's begin; wide
  // slices are drawn over it.
  paintTiles(pen, lane, y, width, perPixel) {
    const {from, to} = this.view;
    if (lane.tiles?.perPixel !== perPixel || lane.tiles.look !== pen.look) {
      lane.tiles = {perPixel, look: pen.look, all: new Map()};
    }
    const {all} = lane.tiles, each = perPixel * TILE;
    if (all.size > 64) all.clear();
    const wide = new Set();
    for (let k = Math.floor(from / each); k * each < to; ++k) {
      if (!all.has(k)) all.set(k, this.tile(pen, lane, k * each, perPixel));
      const tile = all.get(k);
      if (!tile) continue;
      pen.tile(tile.picture, Math.round(NAMES + (k * each - from) / perPixel), y, NAMES, width);
      for (const i of tile.wide) wide.add(i);
    }
    for (const i of wide) {
      const x = Math.max(this.x(lane.begin[i], width), NAMES);
      const end = Math.min(this.x(lane.begin[i + 1], width), width);
      if (end > x) this.paintSlice(pen, lane, i, y, x, end);
    }
  }
  tile(pen, lane, from, perPixel) {
    let i = lane.first(from);
    if (i >= lane.count || lane.begin[i] >= from + TILE * perPixel) return null;
    const states = new Uint8Array(TILE), wide = [];
    for (let column = 0; column < TILE && i < lane.count; ++column) {
      const begin = from + column * perPixel, end = begin + perPixel;
      if (lane.begin[i] >= end) continue;
      const last = this.after(lane, i, end);
      states[column] = this.most(lane, i, Math.min(last + 1, lane.count));
      if (lane.begin[last + 1] <= end) { i = last + 1; continue; }
      i = last;
      if (lane.begin[i + 1] - end >= 3 * perPixel && wide[wide.length - 1] !== i) wide.push(i);
    }
    return {picture: pen.strip(states), wide};
  }
  // The first slice from i on that ends after t. It is near, mostly: so steps that double.
  after(lane, i, t) {
    const {begin, count} = lane;
    let step = 1, low = i;
    while (low + step < count && begin[low + step] <= t) { low += step; step *= 2; }
    let high = Math.min(low + step, count);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (begin[middle] <= t) low = middle; else high = middle;
    }
    return low;
  }
  most(lane, first, end) {
    const stride = Math.max(Math.ceil((end - first) / MOST_LOOKS), 1);
    if (end - first === 1) return lane.state[first];
    TIMES.fill(0);
    for (let i = first; i < end; i += stride) {
      if (lane.state[i] === BLOCKED) return BLOCKED;
      TIMES[lane.state[i]] += lane.begin[i + 1] - lane.begin[i];
    }
    let best = 0;
    for (let s = 1; s < TIMES.length; ++s) if (TIMES[s] > TIMES[best]) best = s;
    return best;
  }

  // Above a runtime's lanes, when none of its fibers could go on.
  paintStandstills(pen, {head, runtime, y}, width) {
    const {from, to} = this.view, {look} = pen, middle = y + HEAD / 2 - 1;
    const last = pen.text(head, 4, middle, look.soft, width - 8) ?? 0;
    let right = last;  // of what has been written
    for (const each of this.standstills?.[runtime] || []) {
      if (each.to < from || each.from > to) continue;
      const x = Math.max(this.x(each.from, width), NAMES);
      const end = Math.min(this.x(each.to, width), width);
      if (end - x < 1) continue;
      pen.fill(look.blocked, x, y + HEAD - 4, end - x, 3);
      const text = fill(this.words.standstill, {time: this.r.time(each.to - each.from), n: each.n});
      if (end - Math.max(x, right + 12) > 150) {
        right = pen.text(text, Math.max(x, right + 12), middle, look.ink, end - x) ?? right;
      }
    }
  }

  // A process: how many of its LWPs ran, and above them how many were blocked.
  paintProcess(pen, row, width) {
    const {process, lanes, y} = row, {from, to} = this.view;
    pen.text(processName(process, this.words), 4, y + LANE / 2, pen.look.ink, NAMES - 12);
    row.running ??= Level.of(lanes, RUNNING);
    row.blocked ??= Level.of(lanes, BLOCKED);
    const columns = Math.max(Math.floor((width - NAMES) / 2), 1);
    const w = (width - NAMES) / columns, each = (LANE - 2) / Math.max(lanes.length, 1);
    const [begin, end] = lifeOf(row, this.r);
    const left = Math.max(this.x(begin, width), NAMES), right = Math.min(this.x(end, width), width);
    if (right > left) pen.fill(pen.look.idle, left, y, right - left, LANE);
    const running = row.running.means(from, to, columns);
    const blocked = row.blocked.means(from, to, columns);
    // Neighbours that are alike are one rectangle.
    const bars = (state, values, under) => {
      for (let k = 0, start = 0; k < columns; start = k) {
        const same = (j) => Math.abs(values[j] - values[start]) < 0.02 &&
          Math.abs(under[j] - under[start]) < 0.02;
        while (k < columns && same(k)) ++k;
        if (k === start) ++k;
        const high = values[start] * each;
        if (high < 0.3) continue;
        pen.slice(state, NAMES + start * w, y + LANE - under[start] * each - high, (k - start) * w,
          high);
      }
    };
    bars('running', running, running.map(() => 0));
    bars('blocked', blocked, running);
    pen.line(left, y + LANE, right, y + LANE, pen.look.soft);
    for (const t of [begin, end]) {
      const x = this.x(t, width);
      if (x >= NAMES && x <= width) pen.line(x, y - 1, x, y + LANE, pen.look.mark, 2);
    }
    const started = this.parentOf(process);
    if (!started || begin < from || begin > to) return;
    this.arrow(pen, this.x(begin, width), started.y + LANE / 2, y);
  }
  // The row of the process that started one.
  parentOf(process) {
    return process.parent > 0 ? this.rows.find((row) => row.process?.number === process.parent)
      : undefined;
  }

  // Requests lie as lines above the lane of the fiber that works for them.
  paintRequests(pen, row, width) {
    const {requests} = this.r, {all: list, reach} = requests.of(row.lane.index);
    const {from, to} = this.view;
    if (list.length === 0) return;
    let i = 0, high = list.length;
    while (i < high) {  // those before the view end before it
      const middle = (i + high) >> 1;
      if (reach[middle] < from) i = middle + 1; else high = middle;
    }
    let last = -1;
    for (; i < list.length && requests.begin[list[i]] < to; ++i) {
      const x = Math.max(this.x(requests.begin[list[i]], width), NAMES);
      const end = Math.min(this.x(requests.end[list[i]], width), width);
      if (end <= last + 1 || end < NAMES) continue;  // a pixel has one
      last = end;
      pen.fill(pen.look.ink, x, row.y - 2, Math.max(end - x - 1, 1), 2, i % 2 ? 0.45 : 0.75);
    }
  }

  paintNotes(pen, width) {
    // A text has the room up to the next one of its lane.
    const next = new Map();
    for (let i = this.r.notes.length - 1; i >= 0; --i) {
      const [at, fiber, text] = this.r.notes[i];
      if (at < this.view.from || at > this.view.to) continue;
      const row = fiber >= 0 ? this.rowOf.get(this.r.fibers[fiber]) : null;
      const x = this.x(at, width), y = row ? row.y : AXIS;
      pen.line(x, y, x, y + LANE, pen.look.mark, 2);
      const room = Math.min((next.get(y) ?? width) - x - 8, 160);
      pen.text('⚑ ' + text, x + 4, y + 8, pen.look.ink, room, pen.look.paper);
      next.set(y, x);
    }
  }

  paintSelection(pen, width, top, tall) {
    const bottom = Math.min(top + tall, this.height);
    if (this.range) {
      const x = Math.max(this.x(this.range.from, width), NAMES);
      pen.fill(pen.look.mark, x, top + AXIS, Math.max(this.x(this.range.to, width) - x, 1),
        bottom - top - AXIS, 0.12);
    }
    if (this.moment !== null) {
      const x = this.x(this.moment, width);
      if (x >= NAMES) pen.line(x, top + AXIS - 4, x, bottom, pen.look.accent, 1.5);
    }
    if (!this.selected) return;
    const {lane, i} = this.selected, row = this.rowOf.get(lane);
    this.paintWay(pen, width);
    if (!row) return;
    const from = Math.max(this.x(lane.begin[i], width), NAMES);
    const to = this.x(lane.begin[i + 1], width);
    if (to < NAMES) return;
    pen.frame(from, row.y, Math.max(to - from, 2), LANE, pen.look.mark);
    // Who woke it: an arrow from there to here.
    const by = lane.waker[i] !== NOBODY ? this.rowOf.get(this.r.fibers[lane.waker[i]]) : null;
    if (by) this.arrow(pen, to, by.y + LANE / 2, row.y + LANE / 2);
  }
  // The request that the selection works for.
  get request() {
    if (!this.selected) return -1;
    const {lane, i} = this.selected, r = this.r;
    const fiber = lane.ofLwp ? lane.who[i] : lane.index;
    const t = this.moment ?? (lane.begin[i] + lane.begin[i + 1]) / 2;
    return fiber === NOBODY ? -1 : r.requests.at(fiber, t);
  }
  // The parts of that request in all lanes, and arrows from each to the next.
  paintWay(pen, width) {
    const one = this.request;
    if (one < 0) return;
    const {requests} = this.r, accent = pen.look.accent;
    let before = null;
    for (const part of requests.together(one)) {
      const row = this.rowOf.get(this.r.fibers[requests.fiber[part]]);
      if (!row) continue;
      const x = Math.max(this.x(requests.begin[part], width), NAMES);
      const end = this.x(requests.end[part], width);
      if (end >= NAMES) {
        pen.fill(accent, x, row.y - 3, Math.max(end - x, 2), 3);
        pen.line(x, row.y - 3, x, row.y + LANE, accent, 1.5);
        pen.line(end, row.y - 3, end, row.y + LANE, accent, 1.5);
        if (before && before !== row) {
          this.arrow(pen, x, before.y + LANE / 2, row.y - 2, accent);
        }
      }
      before = row;
    }
  }
  arrow(pen, x, from, to, colour = pen.look.mark) {
    const down = to > from ? 1 : -1;
    if (x < NAMES) return;
    pen.line(x, from, x, to, colour, 1.5);
    pen.line(x, to, x - 4, to - 6 * down, colour, 1.5);
    pen.line(x, to, x + 4, to - 6 * down, colour, 1.5);
  }

  // The slice at a place; y counts from the top of all rows.
  at(x, y, width) {
    const row = this.rows.find((each) => each.lane && y >= each.y && y < each.y + LANE);
    if (!row || x < NAMES) return null;
    // Near a slice too narrow to hit, the longest within a few pixels.
    const t = this.time(x, width), pixel = this.time(x + 2, width) - t, lane = row.lane;
    let best = lane.find(t);
    const stop = lane.first(t + pixel);
    for (let i = lane.first(t - pixel), n = 0; i <= stop && i < lane.count && n < 200; ++i, ++n) {
      if (best < 0 || lane.length(i) > lane.length(best)) best = i;
    }
    return best < 0 ? null : {lane, i: best};
  }
}
const TIMES = new Float64Array(STATES.length);

function processName({number, role}, words) {
  return role ? `${role} (${number})` : `${words.process} ${number}`;
}
// When a process began and ended: as recorded, or as far as its lanes tell.
function lifeOf({process, lanes}, r) {
  let begin = Infinity, end = -Infinity;
  for (const lane of lanes) {
    if (!lane.count) continue;
    begin = Math.min(begin, lane.begin[0]);
    end = Math.max(end, lane.end);
  }
  if (process.began >= 0) begin = process.began;
  if (process.ended >= 0) end = process.ended;
  return begin <= end ? [begin, end] : [0, r.length];
}
