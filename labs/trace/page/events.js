// SPDX-License-Identifier: BSL-1.0
// Step by step: which moment is the next in which something happens, and what that is, in
// sentences. Events are where slices, requests and notes begin or end, so nothing is kept for it.

// The first moment after t in which a lane changes, or the last before it; null if there is none.
function eventBeside(r, t, forward) {
  let best = null;
  const offer = (at) => {
    if (at >= r.length) return;  // what goes on when the recording ends has not ended
    if (forward ? at <= t || (best !== null && at >= best)
      : at >= t || (best !== null && at <= best)) return;
    best = at;
  };
  for (const lane of [...r.fibers, ...r.lwps]) {
    if (!lane.count) continue;
    if (forward) {
      const i = lane.find(t);  // also where it has not begun
      offer(i < 0 ? lane.begin[0] : lane.begin[i + 1]);
    } else if (t > lane.begin[0]) {
      let i = lane.find(t);
      if (i < 0) i = lane.count;
      offer(lane.begin[i] < t ? lane.begin[i] : lane.begin[i - 1]);
    }
  }
  const {requests} = r;
  for (let i = 0; i < requests.count; ++i) { offer(requests.begin[i]); offer(requests.end[i]); }
  for (const [at] of r.notes) offer(at);
  return best;
}

// What happens at a moment: sentences with the lane that each is about, and whether it runs now.
function eventsAt(r, t, words) {
  const out = [];
  const add = (lane, what, values, runs = false) =>
    out.push({lane, runs, text: fill(words['ev_' + what], {who: lane.name, ...values})});
  for (const [at, fiber, text] of r.notes) {
    if (at === t && fiber >= 0) add(r.fibers[fiber], 'note', {what: text});
  }
  const {requests} = r;
  for (let i = 0; i < requests.count && requests.begin[i] <= t; ++i) {
    const values = {what: r.texts[requests.what[i]]};
    if (requests.begin[i] === t) add(r.fibers[requests.fiber[i]], 'begins', values);
    if (requests.end[i] === t) add(r.fibers[requests.fiber[i]], 'done', values);
  }
  // Who runs now is said last: it follows from what the others did.
  const lanes = [...r.fibers, ...r.lwps];
  for (const runs of [false, true]) {
    for (const lane of lanes) {
      if (!lane.count || t < lane.begin[0]) continue;
      if (t === lane.end && t < r.length && !lane.ofLwp && !runs) add(lane, 'ended', {});
      const i = lane.find(t);
      if (i < 0 || lane.begin[i] !== t || (lane.state[i] === RUNNING) !== runs) continue;
      const sentence = sentenceOf(r, lane, i);
      if (sentence) add(lane, ...sentence, runs);
    }
  }
  return out;
}

// Which sentence says what a lane begins to do, and with which words; null if another lane says it.
function sentenceOf(r, lane, i) {
  const state = lane.state[i];
  if (lane.ofLwp) return state === IDLE || state === UNPERMITTED ? [STATES[state], {}] : null;
  const lwp = r.lwps[lane.who[i]]?.name, what = r.label(lane, i);
  if (state === RUNNING) return lwp ? ['running', {lwp}] : ['alone', {}];
  if (state === WAITS && lane.object[i] !== NOBODY && lane.owner[i] !== NOBODY) {
    return ['held', {what, owner: r.fiberName(lane.owner[i])}];
  }
  if (state === BLOCKED) return ['blocked', {what, lwp: lwp || 'LWP'}];
  return state === NONE ? null : [STATES[state], {what}];
}
