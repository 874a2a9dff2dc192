// SPDX-License-Identifier: BSL-1.0
// What is shown: a JSON element with names and tables, and in it the slices of all lanes as packed
// numbers (labs/trace/page.cpp writes them), unpacked here into typed arrays once.
'use strict';

const STATES = ['none', 'running', 'ready', 'waits', 'io', 'asleep', 'blocked', 'idle',
  'unpermitted'];
const NONE = 0, RUNNING = 1, READY = 2, WAITS = 3, IO = 4, BLOCKED = 6, IDLE = 7;
const NOBODY = 0xffffffff;

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
    let at = bytes.number();
    for (let i = 0; i < n; ++i) {
      const head = bytes.number();
      this.begin[i] = at;
      this.state[i] = head >> 4;
      at += bytes.number();
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
  // The slice at a time: the last that began by then, -1 before the first.
  find(t) {
    if (this.count === 0 || t < this.begin[0] || t >= this.begin[this.count]) return -1;
    let low = 0, high = this.count;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.begin[middle] <= t) low = middle; else high = middle;
    }
    return low;
  }
  first(t) {  // the first slice that ends after t
    if (this.count === 0 || t >= this.begin[this.count]) return this.count;
    return Math.max(this.find(t), 0);
  }
  length(i) { return this.begin[i + 1] - this.begin[i]; }
  // Time in a state up to t: sums of each lane and state, made when first asked for.
  upTo(state, t) {
    this.sums ??= {};
    let sum = this.sums[state];
    if (!sum) {
      sum = this.sums[state] = new Float64Array(this.count + 1);
      for (let i = 0; i < this.count; ++i) {
        sum[i + 1] = sum[i] + (this.state[i] === state ? this.length(i) : 0);
      }
    }
    if (this.count === 0 || t <= this.begin[0]) return 0;
    if (t >= this.begin[this.count]) return sum[this.count];
    const i = this.find(t);
    return sum[i] + (this.state[i] === state ? t - this.begin[i] : 0);
  }
}

class Recording {
  constructor(data) {
    Object.assign(this, data);
    const bytes = new Bytes(data.slices);
    this.lwps = data.lwps.map((about) => new Lane(about, bytes, true));
    this.fibers = data.fibers.map((about) => new Lane(about, bytes, false));
    this.slices = undefined;
    this.count = [...this.lwps, ...this.fibers].reduce((sum, lane) => sum + lane.count, 0);
    this.offOf = this.lwps.map(() => []);
    for (const [lwp, begin, end, waited] of data.off) this.offOf[lwp].push({begin, end, waited});
  }
  fiberName(i) { return i === NOBODY || i < 0 ? '–' : this.fibers[i].name; }
  // What a slice says of itself: who runs, which call, what is waited for.
  label(lane, i) {
    const state = lane.state[i];
    if (lane.ofLwp && state === RUNNING) return this.fiberName(lane.who[i]);
    if (lane.object[i] !== NOBODY) return this.objects[lane.object[i]];
    let text = this.texts[lane.what[i]];
    if (state === WAITS && lane.owner[i] !== NOBODY) text += ' ' + this.fiberName(lane.owner[i]);
    if (state === BLOCKED && lane.ofLwp) return text + ' (' + this.fiberName(lane.who[i]) + ')';
    if (text) return text;
    return lane.ofLwp ? '' : state === RUNNING && this.lwps[lane.who[i]]
      ? this.lwps[lane.who[i]].name : '';
  }
}

function duration(t) {
  const a = Math.abs(t);
  const [d, unit] = a < 999.5 ? [1, 'ns'] : a < 999.5e3 ? [1e3, 'µs']
    : a < 999.5e6 ? [1e6, 'ms'] : [1e9, 's'];
  const v = t / d;
  return (d === 1 || Math.abs(v) >= 99.95 ? v.toFixed(0)
    : Math.abs(v) >= 9.995 ? v.toFixed(1) : v.toFixed(2)) + '\u00a0' + unit;
}

// "10ms", "1.5s" in nanoseconds; NaN if it is none.
function parseDuration(text) {
  const found = /^([\d.]+)(ns|us|µs|ms|s)?$/.exec(text);
  const scale = {ns: 1, us: 1e3, 'µs': 1e3, ms: 1e6, s: 1e9};
  return found ? parseFloat(found[1]) * scale[found[2] || 'ns'] : NaN;
}
