// SPDX-License-Identifier: BSL-1.0
// Counters: a figure for every moment of a recording, of which a plot wants the mean of each of its
// columns. The integral is kept instead of the figure, so a column costs two searches however many
// events lie in it.

// What holds from times[i] until times[i + 1] is values[i].
class Level {
  constructor(times, values) {
    this.times = times;
    this.values = values;
    this.sums = new Float64Array(times.length);
    for (let i = 1; i < times.length; ++i) {
      this.sums[i] = this.sums[i - 1] + values[i - 1] * (times[i] - times[i - 1]);
    }
  }
  // How many of some lanes are in one of some states.
  static of(lanes, ...states) {
    const wanted = STATES.map((_, s) => states.includes(s));
    let n = 0;
    for (const lane of lanes) for (let i = 0; i < lane.count; ++i) n += wanted[lane.state[i]];
    const begins = new Float64Array(n), ends = new Float64Array(n);
    n = 0;
    for (const lane of lanes) {
      for (let i = 0; i < lane.count; ++i) {
        if (!wanted[lane.state[i]]) continue;
        begins[n] = lane.begin[i];
        ends[n++] = lane.begin[i + 1];
      }
    }
    begins.sort();
    ends.sort();
    const times = new Float64Array(2 * n), values = new Float64Array(2 * n);
    let b = 0, e = 0;
    for (let k = 0; k < 2 * n; ++k) {
      times[k] = b < n && begins[b] <= ends[e] ? begins[b++] : ends[e++];
      values[k] = b - e;
    }
    return new Level(times, values);
  }
  // The last of the times that is not after t, -1 before the first.
  find(t) {
    let low = -1, high = this.times.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.times[middle] <= t) low = middle; else high = middle;
    }
    return low;
  }
  upTo(t) {
    const i = this.find(t);
    return i < 0 ? 0 : this.sums[i] + this.values[i] * (t - this.times[i]);
  }
  mean(from, to) {
    return to > from ? (this.upTo(to) - this.upTo(from)) / (to - from) : this.values[this.find(to)];
  }
  // The means of `count` columns of a range.
  means(from, to, count) {
    const out = new Array(count);
    let before = this.upTo(from);
    for (let k = 0; k < count; ++k) {
      const sum = this.upTo(from + (to - from) * (k + 1) / count);
      out[k] = (sum - before) / (to - from) * count;
      before = sum;
    }
    return out;
  }
}

// By runtime, the times in which no fiber ran though some were ready, for an LWP was blocked.
function standstillsOf(r) {
  return r.runtimes.map(({shares_lwps: shares}, k) => {
    if (!shares) return [];  // what blocks an LWP of one fiber holds up nobody
    const mine = (lanes) => lanes.filter(({runtime}) => runtime === k), out = [];
    const blocked = Level.of(mine(r.lwps), BLOCKED);
    if (blocked.times.length === 0) return out;
    const running = Level.of(mine(r.lwps), RUNNING), ready = Level.of(mine(r.fibers), READY);
    for (let i = 0; i + 1 < blocked.times.length; ++i) {
      if (blocked.values[i] === 0) continue;
      const end = blocked.times[i + 1];
      for (let from = blocked.times[i], j = running.find(from); from < end; ++j) {
        const to = Math.min(running.times[j + 1] ?? end, end);
        const n = Math.round(ready.mean(from, to)), last = out[out.length - 1];
        if (to > from && !(running.values[j] > 0) && n > 0) {
          if (last?.to === from) last.to = to; else out.push({from, to, n});
        }
        from = to;
      }
    }
    return out;
  });
}

// The counters of a recording: of the runtimes, of its requests, and what the program counts.
function countersOf(r, words) {
  const out = [
    {name: words.run_queue, level: Level.of(r.fibers, READY), colour: 'ready'},
    {name: words.busy_lwps, level: Level.of(r.lwps, RUNNING), colour: 'running'},
    {name: words.blocked_lwps, level: Level.of(r.lwps, BLOCKED), colour: 'blocked'},
  ];
  const {requests} = r;
  if (requests.count && !r.steps) {
    // Ends are impulses: their integral is a staircase, so the mean of a column is a rate. A
    // request of several parts ends once, with the last of them.
    const last = new Map();
    for (let i = 0; i < requests.count; ++i) {
      const one = requests.flow[i] || -1 - i;
      last.set(one, Math.max(last.get(one) ?? 0, requests.end[i]));
    }
    const ends = Float64Array.from(last.values()).sort();
    // Over ten of them at least: of fewer a rate is noise.
    const least = 10 * (ends[ends.length - 1] - ends[0]) / ends.length;
    const rate = {
      upTo: (t) => {
        let low = 0, high = ends.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (ends[middle] <= t) low = middle + 1; else high = middle;
        }
        return low * 1e9;
      },
      mean(from, to) {
        const more = Math.max(least - (to - from), 0) / 2;
        from = Math.max(from - more, 0);
        to = Math.min(to + more, r.length);
        return (this.upTo(to) - this.upTo(from)) / (to - from);
      },
      means(from, to, count) {
        const each = (to - from) / count;
        return Array.from({length: count},
          (_, k) => this.mean(from + each * k, from + each * (k + 1)));
      },
    };
    out.push({name: words.per_second, level: rate, colour: 'io'});
  }
  for (const {name, points} of r.series) {
    out.push({name, colour: 'waits', level: new Level(Float64Array.from(points, ([at]) => at),
      Float64Array.from(points, ([, value]) => value))});
  }
  return out;
}
