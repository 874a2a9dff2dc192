// SPDX-License-Identifier: BSL-1.0
// The lanes of one recording. All timelines of the page share one View, so that two recordings lie
// on one time axis; each counts time from its own begin.

const LANE = 22, GAP = 3, AXIS = 20, NAMES = 150, HEAD = 22;
const MOST_LANES = 200;     // fibers beyond are folded until asked for
const MOST_LOOKS = 48;      // slices looked at for one column of pixels

class View {
  constructor(length) {
    this.all = Math.max(length, 1);
    this.from = 0;
    this.to = this.all;
    this.listeners = [];
  }
  set(from, to) {
    const least = 50;  // ns
    let span = Math.min(Math.max(to - from, least), this.all * 1.02);
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
    const around = Math.max((end - begin) * 0.25, 500);
    this.set(begin - around, end + around);
  }
}

// Steps of 1, 2 or 5 times a power of ten, about `count` of them.
function ticks(from, to, count) {
  const rough = (to - from) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const out = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) out.push(t);
  return out;
}

class Timeline {
  constructor(recording, view, words, onSelect) {
    this.r = recording;
    this.view = view;
    this.words = words;
    this.onSelect = onSelect;
    this.unfolded = false;
    this.selected = null;  // {lane, i}
    this.range = null;     // {from, to}
    this.layOut();
  }

  // Rows from top to bottom: for each runtime a heading, its LWPs, its fibers.
  layOut() {
    const r = this.r;
    this.rows = [];
    this.folded = 0;
    let shown = r.fibers;
    if (!this.unfolded && r.fibers.length > MOST_LANES) {
      const weight = (lane) => lane.upTo(RUNNING, Infinity) + lane.upTo(READY, Infinity) +
        lane.upTo(BLOCKED, Infinity) + lane.upTo(WAITS, Infinity) * 0.01;
      shown = new Set([...r.fibers].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_LANES));
      this.folded = r.fibers.length - MOST_LANES;
      shown = r.fibers.filter((lane) => shown.has(lane));
    }
    const runtimes = r.runtimes.map((about, index) => ({about, index, lwps: [], fibers: []}));
    for (const lane of r.lwps) if (lane.count) runtimes[lane.runtime].lwps.push(lane);
    for (const lane of shown) if (lane.count) runtimes[lane.runtime].fibers.push(lane);
    let y = AXIS;
    for (const {about, lwps, fibers} of runtimes) {
      if (lwps.length + fibers.length === 0) continue;
      const process = r.processes.length > 1 ? ` (${r.processes[about.process].number})` : '';
      this.rows.push({head: about.about + process, y});
      y += HEAD;
      for (const lane of lwps) { this.rows.push({lane, y}); y += LANE + GAP; }
      y += 4;
      for (const lane of fibers) { this.rows.push({lane, y}); y += LANE + GAP; }
      y += 6;
    }
    this.height = y;
    this.rowOf = new Map(this.rows.filter((row) => row.lane).map((row) => [row.lane, row]));
  }

  x(t, width) {
    return NAMES + (t - this.view.from) / (this.view.to - this.view.from) * (width - NAMES);
  }
  time(x, width) {
    return this.view.from + (x - NAMES) / (width - NAMES) * (this.view.to - this.view.from);
  }

  // Rows between `top` and `bottom` only.
  paint(pen, width, top, bottom) {
    this.paintAxis(pen, width);
    for (const row of this.rows) {
      if (row.y + LANE < top || row.y > bottom) continue;
      if (row.head !== undefined) {
        pen.text(row.head, 4, row.y + HEAD / 2, pen.look.soft, width - 8);
        continue;
      }
      pen.text(row.lane.name, 4, row.y + LANE / 2, pen.look.ink, NAMES - 12);
      this.paintLane(pen, row.lane, row.y, width);
    }
    this.paintNotes(pen, width);
    this.paintSelection(pen, width);
  }

  paintAxis(pen, width) {
    for (const t of ticks(this.view.from, this.view.to, Math.max(width / 140, 2))) {
      const x = this.x(t, width);
      if (x < NAMES) continue;
      pen.line(x, AXIS - 4, x, this.height, pen.look.rule);
      pen.text(duration(t), x + 3, AXIS / 2, pen.look.soft);
    }
  }

  // Level of detail: a slice of a pixel or more is drawn as it is; of those that share a pixel the
  // state that takes most of it, but a blocked one is never hidden.
  paintLane(pen, lane, y, width) {
    const {from, to} = this.view, perPixel = (to - from) / (width - NAMES);
    let i = lane.first(from), pending = null;
    const flush = () => {
      if (pending) pen.slice(STATES[pending.state], pending.x, y, pending.to - pending.x, LANE);
      pending = null;
    };
    while (i < lane.count && lane.begin[i] < to) {
      const begin = Math.max(lane.begin[i], from), end = Math.min(lane.begin[i + 1], to);
      const x = this.x(begin, width);
      if (end - begin >= perPixel) {
        flush();
        const w = this.x(end, width) - x;
        pen.slice(STATES[lane.state[i]], x, y, w, LANE);
        if (w > 24 && lane.state[i] !== NONE) {
          const state = STATES[lane.state[i]];
          pen.text(this.r.label(lane, i) || (lane.ofLwp ? '' : this.words[state]), x + 5,
            y + LANE / 2, inkOn(state, pen.look), w - 8,
            PATTERNS[state] && pen.look[state]);
        }
        ++i;
        continue;
      }
      const column = Math.floor((begin - from) / perPixel);
      const until = from + (column + 1) * perPixel;
      let next = lane.first(until);
      if (next <= i) next = i + 1;
      const state = this.most(lane, i, Math.min(next, lane.count));
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
    if (!lane.ofLwp) return;
    // Below, how much of the time its kernel thread could run and had no processor.
    for (const off of this.r.offOf[this.r.lwps.indexOf(lane)]) {
      if (off.end < from || off.begin > to) continue;
      const x = Math.max(this.x(off.begin, width), NAMES);
      const w = Math.max(this.x(off.end, width) - x, 1);
      const share = Math.min(off.waited / (off.end - off.begin), 1);
      if (share > 0.05) pen.fill(pen.look.mark, x, y + LANE - 3, w, 3, 0.15 + 0.85 * share);
    }
  }
  most(lane, first, end) {
    const stride = Math.max(Math.ceil((end - first) / MOST_LOOKS), 1);
    const times = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = first; i < end; i += stride) {
      if (lane.state[i] === BLOCKED) return BLOCKED;
      times[lane.state[i]] += lane.length(i);
    }
    return times.indexOf(Math.max(...times));
  }

  paintNotes(pen, width) {
    for (const [at, fiber, text] of this.r.notes) {
      if (at < this.view.from || at > this.view.to) continue;
      const row = fiber >= 0 ? this.rowOf.get(this.r.fibers[fiber]) : null;
      const x = this.x(at, width), y = row ? row.y : AXIS;
      pen.line(x, y, x, y + LANE, pen.look.mark, 2);
      pen.text('⚑ ' + text, x + 3, y + 6, pen.look.ink, 160);
    }
  }

  paintSelection(pen, width) {
    if (this.range) {
      const x = Math.max(this.x(this.range.from, width), NAMES);
      pen.fill(pen.look.mark, x, AXIS, Math.max(this.x(this.range.to, width) - x, 1),
        this.height - AXIS, 0.12);
    }
    if (!this.selected) return;
    const {lane, i} = this.selected, row = this.rowOf.get(lane);
    if (!row) return;
    const from = Math.max(this.x(lane.begin[i], width), NAMES);
    const to = this.x(lane.begin[i + 1], width);
    if (to < NAMES) return;
    pen.frame(from, row.y, Math.max(to - from, 2), LANE, pen.look.mark);
    // Who woke it: an arrow from there to here.
    const by = lane.waker[i] !== NOBODY ? this.rowOf.get(this.r.fibers[lane.waker[i]]) : null;
    if (by) this.arrow(pen, to, by.y + LANE / 2, row.y + LANE / 2);
  }
  arrow(pen, x, from, to) {
    const down = to > from ? 1 : -1;
    pen.line(x, from, x, to, pen.look.mark, 1.5);
    pen.line(x, to, x - 4, to - 6 * down, pen.look.mark, 1.5);
    pen.line(x, to, x + 4, to - 6 * down, pen.look.mark, 1.5);
  }

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
  select(slice) {
    this.selected = slice;
    this.onSelect(this, slice);
  }
}
