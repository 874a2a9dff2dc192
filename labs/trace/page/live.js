// SPDX-License-Identifier: BSL-1.0
// The page of a process that runs: asks again and again what it did in the last seconds. Or of a
// recording, which is shown once.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const page = document.getElementById('weft');
  if (!data.live) {
    show(data, page, new AbortController().signal);
    return;
  }
  const {words, live} = data;
  const ask = (what, options) => fetch(`${what}?token=${live.token}`, options);
  let shown = null, paused = false;

  // ---- what stands above the timeline ----
  const status = h('span', {class: 'soft', role: 'status'});
  const counts = h('div', {class: 'counts'});
  const pause = h('button', {onclick: () => {
    paused = !paused;
    pause.textContent = paused ? words.go_on : words.pause;
    if (!paused) refresh();
  }}, words.pause);
  const box = h('div', {});
  const form = h('form', {class: 'controls', onsubmit: (e) => e.preventDefault()});
  const said = h('span', {class: 'soft', role: 'status'});
  page.append(h('div', {class: 'bar'}, h('h1', {}, live.title), status, pause), form, said, counts,
    box);

  // ---- controls of a lecture: of the server that is started anew with them ----
  async function control() {
    const body = {};
    for (const field of form.elements) body[field.name] = field.value;
    said.textContent = '…';
    try {
      const answer = await ask('/control', {method: 'POST', body: JSON.stringify(body)});
      said.textContent = (await answer.json()).said || '';
    } catch (error) {
      said.textContent = String(error);
    }
    refresh();
  }
  for (const {name, label, value, choices} of live.controls || []) {
    const field = choices
      ? h('select', {name, onchange: control}, choices.map((choice) =>
        h('option', {value: choice, selected: choice === value}, choice || '–')))
      : h('input', {name, value, type: 'number', min: 0, step: 'any', onchange: control});
    form.append(h('label', {}, h('span', {}, label), field));
  }

  // ---- what is seen ----
  function countStates(r) {
    const sums = new Map();
    for (const lane of r.fibers) {
      const last = lane.count - 1;
      if (last < 0 || lane.begin[lane.count] < r.length) continue;  // it has ended
      sums.set(lane.state[last], (sums.get(lane.state[last]) || 0) + 1);
    }
    return [...sums].sort((a, b) => b[1] - a[1])
      .map(([state, n]) => h('span', {class: 'count', 'data-state': STATES[state]},
        h('b', {}, n), ' ', words[STATES[state]]));
  }
  function present(answer) {
    const top = shown ? shown.panels.map((panel) => panel.box.scrollTop) : [];
    shown?.abort.abort();
    const abort = new AbortController(), inside = h('div', {});
    box.replaceChildren(inside);
    const {timelines, panels} = show({...data, recordings: answer.recordings}, inside, abort.signal);
    panels.forEach((panel, k) => { panel.box.scrollTop = top[k] || 0; });
    shown = {panels, abort};
    const r = timelines[0].r;
    counts.replaceChildren(...countStates(r), ...(answer.rps === undefined ? []
      : [h('span', {class: 'count'}, h('b', {}, answer.rps.toFixed(0)), ' ', words.per_second)]));
    inside.append(waitGraph(timelines[0], r.length - 1, words));
    // Who points at something wants to look at it.
    inside.addEventListener('pointerdown', (e) => {
      if (e.target.tagName === 'CANVAS' && !paused) pause.click();
    });
  }
  let under_way = false;
  async function refresh() {
    if (under_way) return;
    under_way = true;
    try {
      const answer = await (await ask('/live')).json();
      status.textContent = answer.status;
      if (answer.recordings?.length) present(answer);
    } catch {
      status.textContent = words.gone;
    }
    under_way = false;
  }
  (async () => {
    for (;;) {
      if (!paused) await refresh();
      await new Promise((resolve) => setTimeout(resolve, live.every * 1000));
    }
  })();
})();
