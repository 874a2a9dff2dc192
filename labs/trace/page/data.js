// SPDX-License-Identifier: BSL-1.0
// What is shown: a JSON element with names and tables, and in it the slices of all lanes as packed
// numbers (labs/trace/page.cpp writes them), unpacked here into typed arrays once.
'use strict';

const STATES = ['none', 'running', 'ready', 'waits', 'io', 'asleep', 'blocked', 'idle',
  'unpermitted'];
const NONE = 0, RUNNING = 1, READY = 2, WAITS = 3, IO = 4, ASLEEP = 5, BLOCKED = 6, IDLE = 7,
  UNPERMITTED = 8;
const NOBODY = 0xffffffff;
const KEPT = 6;  // a lane keeps sums every 2^6 slices

class Bytes {
  constructor(base64) {
    const text = atob(base64);
    this.bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; ++i) this.bytes[i] = text.charCodeAt(i);
    this.at = 0;
  }
  number() {
    let n = 0, scale = 1;
    for (;;) {
      const b = this.bytes[this.at++];
      n += (b & 0x7f) * scale;  // beyond 32 bits, so no shifts
      if (b < 0x80) return n;
      scale *= 128;
    }
  }
}

// A lane: slice i lasts from begin[i] to begin[i + 1].
class Lane {
  constructor(about, bytes, ofLwp) {
    Object.assign(this, about);
    this.ofLwp = ofLwp;
    const n = this.count = bytes.number();
    this.begin = new Float64Array(n + 1);
    this.state = new Uint8Array(n);
    this.who = new Uint32Array(n).fill(NOBODY);
    this.what = new Uint32Array(n);
    this.object = new Uint32Array(n).fill(NOBODY);
    this.owner = new Uint32Array(n).fill(NOBODY);
    this.waker = new Uint32Array(n).fill(NOBODY);
    this.total = new Float64Array(STATES.length);  // time in each state
    this.runs = 0;
    let at = bytes.number();
    for (let i = 0; i < n; ++i) {
      const head = bytes.number(), state = head >> 4, length = bytes.number();
      this.begin[i] = at;
      this.state[i] = state;
      this.total[state] += length;
      if (state === RUNNING) ++this.runs;
      at += length;
      if (head & 1) this.who[i] = bytes.number();
      if (head & 2) this.what[i] = bytes.number();
      if (head & 4) this.object[i] = bytes.number();
      if (head & 8) {
        this.owner[i] = bytes.number() - 1;
        this.waker[i] = bytes.number() - 1;
      }
    }
    this.begin[n] = at;
  }
  get end() { return this.begin[this.count]; }
  // The slice at a time: the last that began by then, -1 before the first.
  find(t) {
    if (this.count === 0 || t < this.begin[0] || t >= this.end) return -1;
    let low = 0, high = this.count;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.begin[middle] <= t) low = middle; else high = middle;
    }
    return low;
  }
  first(t) {  // the first slice that ends after t
    if (this.count === 0 || t >= this.end) return this.count;
    return Math.max(this.find(t), 0);
  }
  length(i) { return this.begin[i + 1] - this.begin[i]; }

  // Adds the time in each state up to t to `sums`, `sign` times. Every so many slices the sums so
  // far are kept, when first asked for.
  upTo(t, sums, sign) {
    if (this.count === 0 || t <= this.begin[0]) return;
    const all = STATES.length;
    if (t >= this.end) {
      for (let s = 0; s < all; ++s) sums[s] += sign * this.total[s];
      return;
    }
    if (!this.kept) {
      this.kept = new Float64Array(((this.count >> KEPT) + 1) * all);
      const so_far = new Float64Array(all);
      for (let i = 0; i < this.count; ++i) {
        if ((i & ((1 << KEPT) - 1)) === 0) this.kept.set(so_far, (i >> KEPT) * all);
        so_far[this.state[i]] += this.length(i);
      }
    }
    const i = this.find(t), block = i >> KEPT;
    for (let s = 0; s < all; ++s) sums[s] += sign * this.kept[block * all + s];
    for (let k = block << KEPT; k < i; ++k) sums[this.state[k]] += sign * this.length(k);
    sums[this.state[i]] += sign * (t - this.begin[i]);
  }
  // The time in each state from one time to another.
  between(from, to) {
    const sums = new Float64Array(STATES.length);
    this.upTo(to, sums, 1);
    this.upTo(from, sums, -1);
    return sums;
  }
}


// What fibers did for whom: parts of a request, of one or several processes, have the same flow.
class Requests {
  constructor(base64) {
    const bytes = new Bytes(base64 || '');
    const n = this.count = base64 ? bytes.number() : 0;
    this.fiber = new Uint32Array(n);
    this.what = new Uint32Array(n);
    this.begin = new Float64Array(n);
    this.end = new Float64Array(n);
    this.flow = new Uint32Array(n);
    let at = 0;
    for (let i = 0; i < n; ++i) {
      this.fiber[i] = bytes.number();
      this.what[i] = bytes.number();
      this.begin[i] = at += bytes.number();
      this.end[i] = at + bytes.number();
      this.flow[i] = bytes.number();
    }
  }
  // A fiber's, in the order they began; and of each the last end of those up to it, for some lie
  // within others.
  of(fiber) {
    if (!this.lists) {
      this.lists = new Map();
      for (let i = 0; i < this.count; ++i) {
        let list = this.lists.get(this.fiber[i]);
        if (!list) this.lists.set(this.fiber[i], list = {all: [], reach: []});
        list.reach.push(Math.max(list.reach[list.all.length - 1] ?? 0, this.end[i]));
        list.all.push(i);
      }
    }
    return this.lists.get(fiber) || NO_REQUESTS;
  }
  // The innermost of a fiber at a time, -1 if there is none.
  at(fiber, t) {
    let found = -1;
    for (const i of this.of(fiber).all) {
      if (this.begin[i] > t) break;
      if (this.end[i] > t) found = i;
    }
    return found;
  }
  // The parts of the request that one belongs to, itself among them.
  together(one) {
    if (this.flow[one] === 0) return [one];
    const out = [];
    for (let i = 0; i < this.count; ++i) if (this.flow[i] === this.flow[one]) out.push(i);
    return out;
  }
}

const NO_REQUESTS = {all: [], reach: []};

// Who held each object that fibers waited for, and from when on.
class Holders {
  constructor(base64, objects) {
    const bytes = new Bytes(base64);
    this.of = [];
    for (let i = 0; i < objects; ++i) {
      const n = bytes.number(), at = new Float64Array(n), owner = new Uint32Array(n);
      for (let k = 0, t = 0; k < n; ++k) {
        at[k] = t += bytes.number();
        owner[k] = bytes.number() - 1;
      }
      this.of.push({at, owner});
    }
  }
  // NOBODY also where it is not recorded.
  at(object, t) {
    const {at, owner} = this.of[object];
    let low = -1, high = at.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (at[middle] <= t) low = middle; else high = middle;
    }
    return low < 0 ? NOBODY : owner[low];
  }
}

class Recording {
  constructor(data) {
    Object.assign(this, data);
    const bytes = new Bytes(data.slices);
    this.lwps = data.lwps.map((about) => new Lane(about, bytes, true));
    this.fibers = data.fibers.map((about) => new Lane(about, bytes, false));
    this.fibers.forEach((lane, i) => { lane.index = i; });
    this.lwps.forEach((lane, i) => { lane.index = i; });
    this.requests = new Requests(data.requests);
    this.objectNames = data.objects.map(([name]) => name);
    this.count = [...this.lwps, ...this.fibers].reduce((sum, lane) => sum + lane.count, 0);
    this.offOf = this.lwps.map(() => []);
    for (const [lwp, begin, end, waited] of data.off) this.offOf[lwp].push({begin, end, waited});
    this.holdersOf = new Holders(data.holders, data.objects.length);
    this.slices = this.holders = undefined;  // unpacked
  }
  processOf(lane) { return this.runtimes[lane.runtime].process; }
  fiberName(i) { return i === NOBODY || i < 0 ? '–' : this.fibers[i].name; }
  // A time as people read it, to be told from others `fine` apart: a step's number where the clock
  // counts steps.
  time(t, fine) { return this.steps ? String(Math.round(t)) : duration(t, fine); }
  // What a slice says of itself: who runs, which call, what is waited for.
  label(lane, i) {
    const state = lane.state[i];
    if (lane.ofLwp && state === RUNNING) return this.fiberName(lane.who[i]);
    if (lane.object[i] !== NOBODY) return this.objectNames[lane.object[i]];
    let text = this.texts[lane.what[i]];
    if (state === WAITS && lane.owner[i] !== NOBODY) text += ' ' + this.fiberName(lane.owner[i]);
    if (state === BLOCKED && lane.ofLwp) return text + ' (' + this.fiberName(lane.who[i]) + ')';
    if (text) return text;
    return lane.ofLwp ? '' : state === RUNNING && this.lwps[lane.who[i]]
      ? this.lwps[lane.who[i]].name : '';
  }
}

function duration(t, fine) {
  if (!(fine > 0)) fine = Infinity;
  const a = Math.abs(t);
  const [d, unit] = a < 999.5 ? [1, 'ns'] : a < 999.5e3 ? [1e3, 'µs']
    : a < 999.5e6 ? [1e6, 'ms'] : [1e9, 's'];
  const v = t / d, least = d === 1 || Math.abs(v) >= 99.95 ? 0 : Math.abs(v) >= 9.995 ? 1 : 2;
  const digits = Math.ceil(Math.log10(d / fine) - 1e-9), most = Math.round(Math.log10(d));
  return v.toFixed(Math.min(Math.max(least, digits), Math.max(most, least))) + '\u00a0' + unit;
}

// "10ms", "1.5s" in nanoseconds; NaN if it is none.
function parseDuration(text) {
  const found = /^([\d.]+)(ns|us|µs|ms|s)?$/.exec(text);
  const scale = {ns: 1, us: 1e3, 'µs': 1e3, ms: 1e6, s: 1e9};
  return found ? parseFloat(found[1]) * scale[found[2] || 'ns'] : NaN;
}
