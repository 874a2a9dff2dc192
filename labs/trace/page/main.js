// SPDX-License-Identifier: BSL-1.0
// Puts the page together, and follows mouse, keys and the address.

// Shows `data` in an element, until `signal` aborts. Returns what a page that is shown again and
// again has to know (live.js).
function show(data, page, signal) {
  const words = data.words, live = data.live;
  const recordings = data.recordings.map((each) => new Recording(each));
  const view = new View(Math.max(...recordings.map((r) => r.length)));
  const part = data.part;  // of a page that says more: what to show at first
  if (part) view.set(part[0], part[1]);
  if (live) view.set(view.all - live.seconds * 1e9, view.all);
  const first = {from: view.from, to: view.to};
  const info = h('div', {class: 'info', 'aria-live': 'polite'});
  const panels = [];
  const timelines = recordings.map((r) => new Timeline(r, view, words, selected));
  let queued = false;

  function selected(timeline, slice) {
    for (const other of timelines) if (other !== timeline) other.selected = null;
    const range = timeline.range || {from: view.from, to: view.to};
    info.replaceChildren(...(slice ? [details(timeline, slice, words)] : []),
      rangeStatistics(timeline, Math.max(range.from, 0), Math.min(range.to, view.all), words),
      ...(slice ? [waitGraph(timeline, slice.lane.begin[slice.i] + slice.lane.length(slice.i) / 2,
        words)] : []));
    remember();
    repaint();
  }

  // Shows a lane at a time, the slice there selected.
  function go(timeline, {lane, begin, end}) {
    view.show(begin, end);
    if (lane && !timeline.rowOf.has(lane)) {
      timeline.unfolded = true;
      timeline.layOut();
    }
    const i = lane ? lane.find((begin + end) / 2) : -1;
    timeline.select(i >= 0 ? {lane, i} : null);
    const panel = panels[timelines.indexOf(timeline)];
    panel.box.scrollIntoView({block: 'nearest'});
    const row = lane && timeline.rowOf.get(lane);
    if (row) panel.box.scrollTop = Math.max(row.y - panel.box.clientHeight / 2, 0);
  }

  // ---- the address keeps what is seen ----
  function remember() {
    const state = new URLSearchParams();
    if (view.from !== first.from || view.to !== first.to) {
      state.set('t', `${Math.round(view.from)}-${Math.round(view.to)}`);
    }
    timelines.forEach((timeline, k) => {
      if (!timeline.selected) return;
      const {lane, i} = timeline.selected, r = timeline.r;
      const list = lane.ofLwp ? 'lwps' : 'fibers';
      state.set('s', `${k}.${list}.${r[list].indexOf(lane)}.${i}`);
    });
    if (live) return;
    try {
      history.replaceState(null, '', '#' + state);
    } catch { /* a page that was not opened from a file */ }
  }
  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    const t = /^(-?\d+)-(\d+)$/.exec(state.get('t') || '');
    const [k, list, lane, i] = (state.get('s') || '').split('.');
    const found = timelines[k]?.r[list]?.[lane];
    if (found && i < found.count) timelines[k].select({lane: found, i: Number(i)});
    if (t) view.set(Number(t[1]), Number(t[2]));
  }

  // ---- painting ----
  function repaint() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      const began = performance.now();
      for (const panel of panels) panel.paint();
      window.weftFrame = performance.now() - began;  // for tests
    });
  }
  let later = 0;
  view.listeners.push(() => {
    repaint();
    clearTimeout(later);
    later = setTimeout(() => {
      remember();
      for (const panel of panels) panel.settle();
    }, 120);
  });

  function saveSvg(timeline) {
    const width = 1200, pen = new SvgPen(width, timeline.height);
    timeline.paint(pen, width, 0, timeline.height);
    const link = h('a', {href: URL.createObjectURL(new Blob([String(pen)],
      {type: 'image/svg+xml'})), download: timeline.r.title.replace(/.*\//, '') + '.svg'});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  class Panel {
    constructor(timeline, index) {
      this.timeline = timeline;
      this.canvas = h('canvas', {tabindex: 0, role: 'img',
        'aria-label': `${words.timeline}: ${timeline.r.title}`});
      this.box = h('div', {class: 'lanes'}, this.canvas);
      this.mini = h('canvas', {class: 'mini', 'aria-hidden': 'true'});
      this.below = h('canvas', {class: 'counters', role: 'img', 'aria-label': words.counters});
      this.counters = counters(timeline, words);
      this.rows = h('div', {});
      this.table = h('details', {class: 'alternative', ontoggle: () => this.settle()},
        h('summary', {}, words.table), this.rows);
      this.tip = h('div', {class: 'tip', hidden: true});
      this.more = h('button', {onclick: () => {
        timeline.unfolded = true;
        timeline.layOut();
        this.more.remove();
        repaint();
      }}, fill(words.more, {n: timeline.folded}));
      this.element = h('section', {class: 'recording'},
        h('div', {class: 'bar'}, h('h2', {}, recordings.length > 1 ? timeline.r.title
          : words.timeline), h('button', {onclick: () => saveSvg(timeline)}, words.svg),
        index === 0 ? h('button', {onclick: () => view.set(0, view.all)}, words.all) : null),
        part && timeline.r.findings.length
          ? h('p', {class: 'lead'}, finding(timeline, timeline.r.findings[0])) : null,
        this.mini, this.box, timeline.folded ? this.more : null, this.tip,
        part ? null : [this.below, this.table]);
      this.listen();
    }
    get width() { return this.box.clientWidth; }

    paint() {
      const {timeline, width} = this;
      this.canvas.style.height = timeline.height + 'px';
      this.canvas.style.width = width + 'px';
      const top = this.box.scrollTop, bottom = top + this.box.clientHeight;
      timeline.paint(new CanvasPen(this.canvas, width, timeline.height), width, top, bottom);
      this.paintMini();
    }
    // The whole, and where the view is in it: the LWPs' blocked and running time.
    paintMini() {
      const width = this.width, tall = 26, pen = new CanvasPen(this.mini, width, tall);
      const {r} = this.timeline, {all} = view, wide = width - NAMES;
      this.mini.style.height = tall + 'px';
      this.minis ??= [RUNNING, BLOCKED].map((state) => {
        const bins = 300, shares = [];
        for (let b = 0; b < bins; ++b) {
          const from = all * b / bins, to = all * (b + 1) / bins;
          shares.push(r.lwps.reduce((sum, lane) =>
            sum + lane.upTo(state, to) - lane.upTo(state, from), 0) / (to - from));
        }
        return {state, shares};
      });
      const most = Math.max(...this.minis[0].shares.map((v, b) => v + this.minis[1].shares[b]),
        1e-9);
      for (const {state, shares} of this.minis) {
        shares.forEach((share, b) => {
          const tallness = share / most * (tall - 4);
          const under = state === BLOCKED ? 0 : this.minis[1].shares[b] / most * (tall - 4);
          pen.fill(pen.look[STATES[state]], NAMES + b * wide / 300, tall - under - tallness,
            wide / 300 + 0.3, tallness);
        });
      }
      const x = (t) => NAMES + t / all * wide;
      pen.frame(x(view.from), 1, Math.max(x(view.to) - x(view.from), 3), tall - 2, pen.look.mark);
    }
    // What need not follow every move.
    settle() {
      const {timeline, width} = this;
      const tall = this.counters.length * (COUNTER + 6);
      this.below.style.height = tall + 'px';
      paintCounters(new CanvasPen(this.below, width, tall), timeline, this.counters, width);
      if (this.rows.parentElement.open) this.fillTable();
      if (!timelines.some((each) => each.selected)) {
        info.replaceChildren(rangeStatistics(timelines[0], Math.max(view.from, 0),
          Math.min(view.to, view.all), words));
      }
    }
    fillTable() {
      const {timeline} = this, found = [];
      for (const {lane} of timeline.rows) {
        if (!lane) continue;
        const end = Math.min(lane.first(view.to) + 1, lane.count);
        for (let i = lane.first(view.from); i < end && found.length < 200000; ++i) {
          if (lane.state[i] !== NONE) found.push({lane, i});
        }
      }
      found.sort((a, b) => b.lane.length(b.i) - a.lane.length(a.i));
      this.rows.replaceChildren(table(
        [words.lane, words.state, words.what, words.begin, words.lasts],
        found.slice(0, 100).map(({lane, i}) => ({
          cells: [lane.name, words[STATES[lane.state[i]]], timeline.r.label(lane, i),
            duration(lane.begin[i]), duration(lane.length(i))],
          go: {lane, begin: lane.begin[i], end: lane.begin[i + 1]}})), 3,
        (where) => go(timeline, where)));
    }

    listen() {
      const {canvas, timeline} = this;
      const where = (e) => {
        const r = canvas.getBoundingClientRect();
        return {x: e.clientX - r.left, y: e.clientY - r.top};
      };
      canvas.addEventListener('wheel', (e) => {
        if (e.ctrlKey || (!e.shiftKey && Math.abs(e.deltaX) < Math.abs(e.deltaY))) {
          view.zoom(timeline.time(Math.max(where(e).x, NAMES), this.width),
            Math.exp(Math.min(Math.max(e.deltaY, -120), 120) / 400));
        } else {
          view.move((e.deltaX || e.deltaY) / this.width);
        }
        e.preventDefault();
      }, {passive: false});
      let drag = null;
      canvas.addEventListener('pointerdown', (e) => {
        const at = where(e);
        drag = {x: at.x, from: view.from, to: view.to, moved: false, range: e.shiftKey,
          t: timeline.time(at.x, this.width)};
        canvas.setPointerCapture(e.pointerId);
      });
      canvas.addEventListener('pointermove', (e) => {
        const at = where(e);
        if (!drag) return this.hover(at, e);
        if (Math.abs(at.x - drag.x) > 3) drag.moved = true;
        if (!drag.moved) return undefined;
        if (drag.range) {
          const t = timeline.time(at.x, this.width);
          timeline.range = {from: Math.min(t, drag.t), to: Math.max(t, drag.t)};
          repaint();
        } else {
          const by = (at.x - drag.x) / (this.width - NAMES) * (drag.to - drag.from);
          view.set(drag.from - by, drag.to - by);
        }
        return undefined;
      });
      canvas.addEventListener('pointerup', (e) => {
        const at = where(e);
        if (drag && !drag.moved) {
          timeline.range = null;
          timeline.select(timeline.at(at.x, at.y, this.width));
        } else if (drag?.range) {
          selected(timeline, timeline.selected);
        }
        drag = null;
      });
      canvas.addEventListener('pointerleave', () => { this.tip.hidden = true; });
      canvas.addEventListener('dblclick', (e) => {
        const at = where(e), slice = timeline.at(at.x, at.y, this.width);
        if (slice) view.show(slice.lane.begin[slice.i], slice.lane.begin[slice.i + 1]);
      });
      this.box.addEventListener('scroll', repaint);
      this.mini.addEventListener('pointerdown', (e) => {
        const r = this.mini.getBoundingClientRect();
        const t = (e.clientX - r.left - NAMES) / (this.width - NAMES) * view.all;
        const half = (view.to - view.from) / 2;
        view.set(t - half, t + half);
      });
    }
    hover(at, e) {
      const slice = this.timeline.at(at.x, at.y, this.width);
      this.tip.hidden = !slice || slice.lane.state[slice.i] === NONE;
      if (this.tip.hidden) return;
      const {lane, i} = slice;
      this.tip.textContent = `${lane.name}: ${words[STATES[lane.state[i]]]} ` +
        `${duration(lane.length(i))}  ${this.timeline.r.label(lane, i)}`;
      this.tip.style.left = Math.min(e.clientX + 12, innerWidth - 320) + 'px';
      this.tip.style.top = e.clientY + 16 + 'px';
    }
  }

  // ---- search ----
  let hits = [], hit = -1;
  const count = h('span', {class: 'soft', 'aria-live': 'polite'});
  const field = h('input', {type: 'search', placeholder: words.search, 'aria-label': words.search,
    oninput: () => {
      hits = search(timelines, field.value, words);
      hit = -1;
      count.textContent = field.value && !hits.length ? words.none_found
        : hits.length ? fill(words.found, {n: 0, of: hits.length}) : '';
    },
    onkeydown: (e) => {
      if (e.key === 'Escape') field.blur();
      if (e.key !== 'Enter' || !hits.length) return;
      hit = (hit + (e.shiftKey ? hits.length - 1 : 1) + hits.length) % hits.length;
      const {timeline, lane, i} = hits[hit];
      count.textContent = fill(words.found, {n: hit + 1, of: hits.length});
      go(timeline, {lane, begin: lane.begin[i], end: lane.begin[i + 1]});
    }});

  document.addEventListener('keydown', (e) => {
    if (/^(INPUT|SELECT)$/.test(e.target.tagName) || e.ctrlKey || e.metaKey || e.altKey) return;
    const step = (by) => {
      const timeline = timelines.find((each) => each.selected);
      if (!timeline) return;
      const {lane, i} = timeline.selected;
      if (i + by < 0 || i + by >= lane.count) return;
      timeline.select({lane, i: i + by});
      const middle = (lane.begin[i + by] + lane.begin[i + by + 1]) / 2;
      if (middle < view.from || middle > view.to) view.move((middle - (view.from + view.to) / 2) /
        (view.to - view.from));
    };
    const keys = {
      ArrowLeft: () => view.move(-0.15), ArrowRight: () => view.move(0.15),
      a: () => view.move(-0.15), d: () => view.move(0.15),
      '+': () => view.zoom((view.from + view.to) / 2, 0.7),
      '=': () => view.zoom((view.from + view.to) / 2, 0.7),
      w: () => view.zoom((view.from + view.to) / 2, 0.7),
      '-': () => view.zoom((view.from + view.to) / 2, 1.4),
      s: () => view.zoom((view.from + view.to) / 2, 1.4),
      0: () => view.set(0, view.all), Home: () => view.set(0, view.all),
      n: () => step(1), p: () => step(-1), '/': () => field.focus(),
    };
    if (!keys[e.key]) return;
    keys[e.key]();
    e.preventDefault();
  }, {signal});

  // ---- the page ----
  function swatch(state) {
    const canvas = h('canvas', {width: 22, height: 14, 'aria-hidden': 'true'});
    new CanvasPen(canvas, 22, 14).slice(state, 0, 0, 22, 14);
    canvas.style.width = '22px';
    canvas.style.height = '14px';
    return h('span', {class: 'swatch'}, canvas, words[state]);
  }
  function legend() {
    return h('div', {class: 'legend'}, STATES.slice(1).map(swatch),
      h('span', {class: 'swatch'}, h('i', {class: 'off'}), words.off));
  }
  function finding(timeline, f) {
    const lane = f.lwp >= 0 ? timeline.r.lwps[f.lwp] : f.fiber >= 0 ? timeline.r.fibers[f.fiber]
      : null;
    return f.begin >= 0 ? h('button', {class: 'finding', onclick: () =>
      go(timeline, {lane, begin: f.begin, end: f.end})}, f.text) : f.text;
  }
  timelines.forEach((timeline, k) => panels.push(new Panel(timeline, k)));
  const found = (timeline) => h('ol', {class: 'findings'}, timeline.r.findings.map((f) =>
    h('li', {'data-id': f.id}, finding(timeline, f))));
  const about = (r) => h('p', {class: 'soft'}, h('code', {}, r.processes[0]?.command || ''), ' ',
    fill(words.recorded, {time: duration(r.length), events: r.events.toLocaleString('en'),
      dropped: r.dropped, each: r.event_ns.toFixed(0) + '\u00a0ns',
      share: (r.share * 100).toFixed(1) + '\u00a0%'}));
  const titled = (timeline, ...inside) => h('section', {class: 'about'},
    recordings.length > 1 ? h('h2', {}, timeline.r.title) : null, inside);
  const findings = h('header', {}, part ? null : h(live ? 'h2' : 'h1', {}, words.findings),
    timelines.map((timeline) => titled(timeline, found(timeline), about(timeline.r))));
  const detailed = timelines.map((timeline, k) =>
    titled(timeline, part ? [panels[k].below, panels[k].table] : null,
      tables(timeline, words, (where) => go(timeline, where))));
  const tools = h('div', {class: 'tools'}, part || live ? null : [field, count], legend());
  const lanes = panels.map((panel) => panel.element);
  const keys = h('p', {class: 'soft keys'}, words.keys);
  if (live) {
    page.append(tools, ...lanes, info, findings);
  } else if (part) {
    page.classList.add('part');
    const settle = () => panels.forEach((panel) => panel.settle());  // now it has a width
    page.append(tools, ...lanes, h('details', {ontoggle: settle},
      h('summary', {}, words.everything), h('div', {class: 'tools'}, field, count), keys, info,
      findings, ...detailed));
  } else {
    page.append(findings, tools, ...lanes, keys, info, ...detailed);
  }
  if (!live) recall();
  for (const panel of panels) { panel.paint(); panel.settle(); }
  window.weftFirstPaint = performance.now();  // for tests
  addEventListener('resize', () => view.set(view.from, view.to), {signal});
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    document.querySelector('.legend').replaceWith(legend());
    view.set(view.from, view.to);
  }, {signal});
  return {view, timelines, panels};
}
