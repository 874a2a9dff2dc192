// SPDX-License-Identifier: BSL-1.0
// Puts the page together, and follows mouse, keys and the address. What changes with every move of
// the mouse is painted; what changes with a selection is rendered by Preact.

const MOST_SAVED = 2000;   // pixels of lanes in a picture
const MOST_PRINTED = 16000;
const REST = 120;           // ms after the last move, then what need not follow every one does

// When the next frame has been seen: it would wait for what is only put off by a timer.
function afterFrame(act) {
  requestAnimationFrame(() => setTimeout(act, 0));
}

// A timeline on the page: its canvas, the whole above it, counters below.
class Panel extends Component {
  constructor() {
    super();
    for (const name of ['canvas', 'box', 'mini', 'tip', 'line']) this[name] = createRef();
    this.state = {width: 0};
  }
  get width() { return this.box.current.clientWidth; }
  get timeline() { return this.props.timeline; }

  componentDidMount() {
    this.props.app.panels[this.props.index] = this;
    this.listen();
    this.setState({width: this.width});
    afterFrame(() => this.standstills());
  }
  componentDidUpdate(before) {
    if (before.timeline !== this.timeline) this.standstills();
    this.paint();
  }
  // After the first painting, for they take time.
  standstills() {
    this.timeline.standstills = standstillsOf(this.timeline.r);
    this.props.app.repaint();
  }

  paint() {
    const {timeline, width} = this, {printing} = this.props.app;
    const box = this.box.current, canvas = this.canvas.current;
    if (width === 0) return;
    // The canvas is as large as what is seen of it, and stays there while the rows scroll.
    box.style.setProperty('--rows', timeline.height + 'px');
    const tall = Math.min(printing ? MOST_PRINTED : box.clientHeight, timeline.height);
    canvas.style.height = tall + 'px';
    canvas.style.width = width + 'px';
    timeline.paint(new CanvasPen(canvas, width, tall), width, printing ? 0 : box.scrollTop, tall);
    this.paintMini();
  }
  // The whole, and where the view is in it: the LWPs' blocked and running time.
  paintMini() {
    const mini = this.mini.current, {width, timeline} = this, tall = 26;
    const {view} = this.props.app, wide = width - NAMES, bins = 300;
    mini.style.height = tall + 'px';
    const pen = new CanvasPen(mini, width, tall), {running, blocked, most} = this.whole(bins);
    for (let b = 0; b < bins; ++b) {
      const up = running[b] / most * (tall - 4), more = blocked[b] / most * (tall - 4);
      const x = NAMES + b * wide / bins, w = wide / bins + 0.3;
      if (up > 0) pen.fill(pen.look.running, x, tall - up, w, up);
      if (more > 0) pen.fill(pen.look.blocked, x, tall - up - more, w, more);
    }
    const x = (t) => NAMES + t / view.all * wide;
    pen.frame(x(view.from), 1, Math.max(x(view.to) - x(view.from), 3), tall - 2, pen.look.mark);
  }
  whole(bins) {
    const {r} = this.timeline, {all} = this.props.app.view;
    if (this.kept?.r === r && this.kept.all === all) return this.kept;
    const running = new Float64Array(bins), blocked = new Float64Array(bins), each = all / bins;
    for (const lane of r.lwps) {
      for (let i = 0; i < lane.count; ++i) {
        const state = lane.state[i];
        const into = state === RUNNING ? running : state === BLOCKED ? blocked : null;
        if (!into) continue;
        let from = lane.begin[i];
        for (let b = Math.floor(from / each); b < bins && from < lane.begin[i + 1]; ++b) {
          const to = Math.min(lane.begin[i + 1], (b + 1) * each);
          into[b] += to - from;
          from = to;
        }
      }
    }
    const most = Math.max(1e-9, ...running.map((v, b) => v + blocked[b]));
    return this.kept = {r, all, running, blocked, most};
  }

  where(e) {
    const at = this.canvas.current.getBoundingClientRect();
    return {x: e.clientX - at.left, y: e.clientY - at.top + this.box.current.scrollTop};
  }
  listen() {
    const canvas = this.canvas.current, {app} = this.props, {view} = app;
    canvas.addEventListener('wheel', (e) => {
      if (e.ctrlKey || (!e.shiftKey && Math.abs(e.deltaX) < Math.abs(e.deltaY))) {
        view.zoom(this.timeline.time(Math.max(this.where(e).x, NAMES), this.width),
          Math.exp(Math.min(Math.max(e.deltaY, -120), 120) / 400));
      } else {
        view.move((e.deltaX || e.deltaY) / this.width);
      }
      e.preventDefault();
    }, {passive: false});
    let drag = null;
    canvas.addEventListener('pointerdown', (e) => {
      const at = this.where(e);
      drag = {x: at.x, y: e.clientY, from: view.from, to: view.to, moved: false, range: e.shiftKey,
        top: this.box.current.scrollTop, t: this.timeline.time(at.x, this.width)};
      canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener('pointermove', (e) => {
      const at = this.where(e), {timeline} = this;
      if (!drag) return this.hover(at, e);
      if (Math.hypot(at.x - drag.x, e.clientY - drag.y) > 3) drag.moved = true;
      if (!drag.moved) return undefined;
      if (drag.range) {
        const t = timeline.time(at.x, this.width);
        timeline.range = {from: Math.min(t, drag.t), to: Math.max(t, drag.t)};
        app.repaint();
      } else {
        const by = (at.x - drag.x) / (this.width - NAMES) * (drag.to - drag.from);
        this.box.current.scrollTop = drag.top - (e.clientY - drag.y);
        view.set(drag.from - by, drag.to - by);
      }
      return undefined;
    });
    canvas.addEventListener('pointerup', (e) => {
      const at = this.where(e), {timeline} = this;
      if (drag && !drag.moved) {
        timeline.range = null;
        const slice = timeline.at(at.x, at.y, this.width);
        app.select(timeline, slice, at.x >= NAMES ? timeline.time(at.x, this.width) : null);
      } else if (drag?.range) {
        app.refresh();
      }
      drag = null;
    });
    canvas.addEventListener('pointerleave', () => {
      this.tip.current.hidden = true;
      this.point(null);
    });
    canvas.addEventListener('dblclick', (e) => {
      const at = this.where(e), slice = this.timeline.at(at.x, at.y, this.width);
      if (slice) view.show(slice.lane.begin[slice.i], slice.lane.begin[slice.i + 1]);
    });
    this.box.current.addEventListener('scroll', () => app.repaint());
    this.mini.current.addEventListener('pointerdown', (e) => {
      const left = this.mini.current.getBoundingClientRect().left;
      const t = (e.clientX - left - NAMES) / (this.width - NAMES) * view.all;
      const half = (view.to - view.from) / 2;
      view.set(t - half, t + half);
    });
  }
  hover(at, e) {
    const {timeline} = this, {words, live} = this.props.app;
    const slice = timeline.at(at.x, at.y, this.width);
    const tip = this.tip.current, t = at.x < NAMES ? null : timeline.time(at.x, this.width);
    this.point(t);
    if (!live && timeline.moment === null && t !== null) this.props.app.look(timeline, t);
    tip.hidden = !slice || slice.lane.state[slice.i] === NONE;
    if (tip.hidden) return;
    const {lane, i} = slice, {r} = timeline;
    tip.textContent = `${lane.name}: ${words[STATES[lane.state[i]]]} ` +
      `${r.time(lane.length(i))}  ${r.label(lane, i)}`;
    tip.style.left = Math.min(e.clientX + 12, innerWidth - 320) + 'px';
    tip.style.top = e.clientY + 16 + 'px';
  }
  // A time is pointed at, on the lanes or on a plot: shown on all.
  point(t, from) {
    const line = this.line.current, {timeline, width} = this;
    const x = t === null ? -1 : timeline.x(t, width);
    line.hidden = x < NAMES;
    line.style.left = x + 'px';
    this.counters?.point(t, from);
  }

  // All lanes; of very many those that are seen.
  saveLanes() {
    const {timeline} = this, width = 1200, whole = timeline.height <= MOST_SAVED;
    const top = whole ? 0 : this.box.current.scrollTop;
    const tall = whole ? timeline.height : this.box.current.clientHeight;
    const pen = new SvgPen(width, tall);
    timeline.paint(pen, width, top, tall);
    saveFile(String(pen), timeline.r.title);
  }

  render({app, timeline, index}, {width}) {
    const {words, part, timelines, view} = app, {r} = timeline;
    const unfold = () => {
      app.onLook?.();
      timeline.unfolded = true;
      timeline.layOut();
      app.refresh();
    };
    // The foremost of what is in view, if there is any.
    const seen = ({begin, end}) => begin < view.to && end > view.from;
    const telling = r.findings.filter(({id}) => /blocked|still/.test(id));
    const lead = part && (telling.find(seen) || telling[0] || r.findings[0]);
    return html`<section class="recording">
      <div class="bar"><h2>${timelines.length > 1 ? r.title : words.timeline}</h2>
        ${index === 0 && !part ? html`<span class="step">
          <button onClick=${() => app.step(false)} title="[">‹ ${words.step_back}</button>
          <button onClick=${() => app.step(true)} title="]">${words.step_on} ›</button></span>
          ${app.stepped && app.said.length ? html`<span class="soft" aria-hidden="true">
            ${app.said[0].text}</span>` : null}`
          : null}
        <button onClick=${() => this.saveLanes()}>${words.svg}</button>
        ${index === 0 ? html`<button onClick=${() => view.set(0, view.all)}>${words.all}</button>`
          : null}</div>
      ${lead ? html`<p class="foremost"><${Finding} timeline=${timeline} finding=${lead}
        go=${app.go} /></p>` : null}
      <canvas class="mini" ref=${this.mini} aria-hidden="true" />
      <div class="lanes" ref=${this.box}><div class="rows">
        <canvas ref=${this.canvas} tabindex="0" role="img"
          aria-label=${`${words.timeline}: ${r.title}`} />
        <div class="pointed" ref=${this.line} hidden /></div></div>
      ${timeline.folded ? html`<button onClick=${unfold}>${
        fill(words.more, {n: timeline.folded})}</button>` : null}
      <div class="tip" ref=${this.tip} hidden />
      ${width && !part ? html`<${Below} app=${app} timeline=${timeline} panel=${this}
        width=${width} />` : null}</section>`;
  }
}

// Counters, and what is in view as a table.
class Below extends Component {
  render({app, timeline, panel, width}) {
    const {words, view} = app;
    return html`<${Counters} timeline=${timeline} panel=${panel} words=${words} view=${view}
        look=${looks()} width=${width} />
      <${Section} title=${words.table}>
        <${InView} timeline=${timeline} panel=${panel} app=${app} /><//>`;
  }
}
class InView extends Component {
  componentDidMount() { this.props.panel.inView = this; }
  componentWillUnmount() { this.props.panel.inView = null; }
  render({timeline, app}) {
    return html`<${Table} ...${inView(timeline, app.words)} label=${app.words.table}
      go=${(where) => app.go(timeline, where)} />`;
  }
}

// What is known of the moment and of the selection.
function Info({app}) {
  const {words, view, chosen, moment, said} = app;
  const {range, selected, r} = chosen;
  const from = Math.max(range ? range.from : view.from, 0);
  const to = Math.min(range ? range.to : view.to, view.all);
  const here = r.steps ? fill(words.step, {n: r.time(moment)})
    : fill(words.at_time, {time: r.time(moment, (view.to - view.from) / 1000)});
  return html`<div class="info"><div class="facts" aria-live="polite">
    ${app.stepped ? html`<div class="said"><h3>${here}</h3>
      ${said.length ? html`<ul>${said.slice(0, 12).map(({lane, text}) => html`<li>
        <button class="finding" onClick=${() => app.select(chosen, {lane,
          i: Math.max(lane.find(moment), 0)}, moment)}>${text}</button></li>`)}</ul>`
        : html`<p class="soft">${words.no_event}</p>`}</div>` : null}
    ${selected ? html`<${Details} timeline=${chosen} words=${words} />` : null}
    ${selected ? html`<${Way} timeline=${chosen} words=${words} go=${app.go} />` : null}
    <${RangeStatistics} timeline=${chosen} from=${from} to=${to} chosen=${Boolean(range)}
      title=${app.timelines.length > 1 ? r.title : ''} words=${words} />
    ${app.extra?.(chosen) || null}</div>
    ${moment === null ? null : html`<${WaitGraph} r=${r} t=${moment} words=${words} />`}</div>`;
}

class App {
  constructor(data, page) {
    this.words = data.words;
    this.live = data.live;
    this.part = data.part;  // of a page that says more: what to show at first
    this.page = page;
    this.panels = [];
    this.shown = {processes: true, lwps: true, fibers: true};
    this.go = this.go.bind(this);
    this.listen();
  }

  // Shows recordings, the first or, live, others of the same process.
  load(recordings) {
    const all = recordings.map((each) => new Recording(each));
    const {live, part} = this;
    if (!this.view) {
      this.view = new View(1, all.every((r) => r.steps));
      this.view.listeners.push(() => this.moved());
    }
    const {view} = this;
    view.all = Math.max(1, ...all.map((r) => r.length));
    [view.from, view.to] = part ? part : live ? [view.all - live.seconds * 1e9, view.all]
      : [0, view.all];
    this.first = {from: view.from, to: view.to};
    this.timelines = all.map((r) => new Timeline(r, view, this.words, this.shown));
    this.chosen = this.timelines[0];
    this.moment = live ? this.chosen.r.length - 1 : null;
    this.stepped = false;
    this.said = [];
  }

  // ---- what is looked at ----
  select(timeline, slice, t = null) {
    this.onLook?.();
    for (const other of this.timelines) other.selected = other.moment = null;
    timeline.selected = slice;
    this.chosen = timeline;
    this.moment = t ?? (slice ? (slice.lane.begin[slice.i] + slice.lane.begin[slice.i + 1]) / 2
      : null);
    this.stepped = false;
    if (slice) timeline.moment = this.moment;
    this.onSelect?.(timeline, slice);
    this.remember();
    this.refresh();
  }
  // Pointed at, and nothing is selected.
  look(timeline, t) {
    if (this.timelines.some((each) => each.selected || each.moment !== null)) return;
    this.chosen = timeline;
    this.moment = t;
    this.refreshInfo();
  }
  // Shows a lane at a time, the slice there selected.
  go(timeline, {lane, begin, end}) {
    this.view.show(begin, end);
    if (lane && !timeline.rowOf.has(lane)) {
      timeline.unfolded = true;
      this.shown[lane.ofLwp ? 'lwps' : 'fibers'] = true;
      timeline.layOut();
    }
    const i = lane ? lane.find((begin + end) / 2) : -1;
    this.select(timeline, i >= 0 ? {lane, i} : null);
    const box = this.panels[this.timelines.indexOf(timeline)].box.current;
    box.scrollIntoView({block: 'nearest'});
    const row = lane && timeline.rowOf.get(lane);
    if (row) box.scrollTop = Math.max(row.y - box.clientHeight / 2, 0);
  }
  // To the next event or the one before; what it is stands below the lanes.
  step(forward) {
    this.onLook?.();
    const {view, chosen, words} = this, {r} = chosen;
    const here = chosen.moment ?? (forward ? view.from - 0.5 : Math.min(view.to, r.length));
    const t = eventBeside(r, here, forward);
    if (t === null) return;
    for (const other of this.timelines) other.selected = other.moment = null;
    this.said = eventsAt(r, t, words);
    this.moment = chosen.moment = t;
    this.stepped = true;
    // Who runs now, or who has stopped.
    const about = (this.said.find(({runs}) => runs) ?? this.said[0])?.lane;
    const i = about ? about.find(t) : -1;
    chosen.selected = i >= 0 ? {lane: about, i} : null;
    const row = about && chosen.rowOf.get(about);
    const box = this.panels[this.timelines.indexOf(chosen)].box.current;
    if (row && (row.y < box.scrollTop + AXIS || row.y + LANE > box.scrollTop + box.clientHeight)) {
      box.scrollTop = row.y - box.clientHeight / 2;
    }
    view.reach(t);
    this.remember();
    this.refresh();
  }
  // The next slice of the lane that is selected, or the one before.
  along(by) {
    const {selected} = this.chosen;
    if (!selected) return;
    const {lane, i} = selected;
    if (i + by < 0 || i + by >= lane.count) return;
    this.select(this.chosen, {lane, i: i + by});
    this.view.reach((lane.begin[i + by] + lane.begin[i + by + 1]) / 2);
  }
  toggle(name) {
    this.shown[name] = !this.shown[name];
    for (const timeline of this.timelines) timeline.layOut();
    this.remember();
    this.refresh();
  }

  // ---- the address keeps what is seen ----
  remember() {
    if (this.live) return;
    const state = new URLSearchParams(), {view, first, chosen} = this;
    if (view.from !== first.from || view.to !== first.to) {
      state.set('t', `${Math.round(view.from)}-${Math.round(view.to)}`);
    }
    const k = this.timelines.indexOf(chosen);
    if (chosen.selected) {
      const {lane, i} = chosen.selected;
      state.set('s', `${k}.${lane.ofLwp ? 'lwps' : 'fibers'}.${lane.index}.${i}`);
    }
    if (chosen.range) {
      state.set('r', `${k}.${Math.round(chosen.range.from)}-${Math.round(chosen.range.to)}`);
    }
    const hidden = Object.keys(this.shown).filter((name) => !this.shown[name]);
    if (hidden.length) state.set('h', hidden.join('.'));
    try {
      history.replaceState(null, '', '#' + state);
    } catch { /* a page that was not opened from a file */ }
  }
  recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const name of (state.get('h') || '').split('.')) if (name) this.shown[name] = false;
    for (const timeline of this.timelines) timeline.layOut();
    const range = /^(\d+)\.(-?\d+)-(\d+)$/.exec(state.get('r') || '');
    if (range && this.timelines[range[1]]) {
      this.chosen = this.timelines[range[1]];
      this.chosen.range = {from: Number(range[2]), to: Number(range[3])};
    }
    const [k, list, lane, i] = (state.get('s') || '').split('.');
    const found = this.timelines[k]?.r[list]?.[lane];
    if (found && Number(i) < found.count) {
      const {begin} = found;
      this.go(this.timelines[k], {lane: found, begin: begin[i], end: begin[Number(i) + 1]});
    }
    const t = /^(-?\d+)-(\d+)$/.exec(state.get('t') || '');
    if (t) this.view.set(Number(t[1]), Number(t[2])); else this.view.set(this.first.from, this.first.to);
  }

  // ---- painting ----
  repaint() {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      const began = performance.now();
      for (const panel of this.panels) panel.paint();
      window.weftFrame = performance.now() - began;  // for tests
    });
  }
  moved() {
    this.onLook?.();
    this.repaint();
    window.weftMoves = true;  // for tests
    clearTimeout(this.later);
    this.later = setTimeout(() => this.settle(), REST);
  }
  settle() {
    window.weftMoves = false;
    this.remember();
    for (const panel of this.panels) {
      panel.counters?.follow();
      panel.inView?.setState({});
    }
    this.refreshInfo();
  }
  refreshInfo() {
    if (this.info_queued) return;
    this.info_queued = true;
    requestAnimationFrame(() => {
      this.info_queued = false;
      render(html`<${Info} app=${this} />`, this.info);
    });
  }
  refresh() {
    render(html`<${Page} app=${this} />`, this.page);
    this.refreshInfo();
    this.repaint();
  }

  // ---- keys ----
  listen() {
    document.addEventListener('keydown', (e) => {
      const {tagName, type} = e.target;
      if (/^(INPUT|SELECT|TEXTAREA)$/.test(tagName) && type !== 'checkbox') return;
      if (e.ctrlKey || e.metaKey || e.altKey || !this.view) return;
      const {view} = this, middle = () => (view.from + view.to) / 2;
      const keys = {
        ArrowLeft: () => view.move(-0.15), ArrowRight: () => view.move(0.15),
        a: () => view.move(-0.15), d: () => view.move(0.15),
        '+': () => view.zoom(middle(), 0.7), '=': () => view.zoom(middle(), 0.7),
        w: () => view.zoom(middle(), 0.7),
        '-': () => view.zoom(middle(), 1.4), s: () => view.zoom(middle(), 1.4),
        0: () => view.set(0, view.all), Home: () => view.set(0, view.all),
        n: () => this.along(1), p: () => this.along(-1),
        '[': () => this.step(false), ']': () => this.step(true),
        '/': () => this.page.querySelector('input[type=search]')?.focus(),
        Escape: () => this.select(this.chosen, null),
      };
      if (!keys[e.key]) return;
      keys[e.key]();
      e.preventDefault();
    });
    addEventListener('resize', () => {
      for (const panel of this.panels) panel.setState({width: panel.width});
      this.moved();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.refresh());
    const print = (printing) => {
      this.printing = printing;
      for (const panel of this.panels) panel.paint();  // at once: the page is about to be printed
    };
    matchMedia('print').addEventListener('change', (e) => print(e.matches));
    addEventListener('beforeprint', () => print(true));
    addEventListener('afterprint', () => print(false));
  }
}

// The page, in the order in which it is read.
function Page({app}) {
  const {words, live, part, timelines} = app, several = timelines.length > 1;
  const lanes = timelines.map((timeline, k) =>
    html`<${Panel} key=${k} app=${app} timeline=${timeline} index=${k} />`);
  const findings = html`<header>${part ? null : live ? html`<h2>${words.findings}</h2>`
    : html`<h1>${words.findings}</h1>`}${timelines.map((timeline) => html`<${Findings}
    timeline=${timeline} words=${words} go=${app.go} titled=${several} />`)}</header>`;
  const detailed = timelines.map((timeline, k) => html`<section class="about">
    ${several ? html`<h2>${timeline.r.title}</h2>` : null}
    ${part ? html`<${Below} app=${app} timeline=${timeline} panel=${app.panels[k] || {}}
      width=${app.panels[k]?.width || 0} />` : null}
    <${LatencyOf} timeline=${timeline} app=${app} />
    <${Tables} timeline=${timeline} words=${words} go=${app.go} /></section>`);
  const field = html`<${Search} timelines=${timelines} words=${words} go=${app.go} />`;
  const which = html`<${Lanes} words=${words} shown=${app.shown}
    several=${timelines.some(({r}) => r.processes.length > 1 || r.processes[0]?.role)}
    change=${(name) => app.toggle(name)} />`;
  const info = html`<${Place} app=${app} />`;
  const keys = html`<p class="soft keys">${words.keys}</p>`;
  if (live) {
    return html`<div class="tools">${which}<${Legend} words=${words} /></div>${lanes}${info}
      ${findings}`;
  }
  if (part) {
    return html`<div class="tools"><${Legend} words=${words} /></div>${lanes}
      <${Section} title=${words.everything}>
        <div class="tools">${field}${which}</div>${keys}${findings}${detailed}<//>${info}`;
  }
  return html`${findings}<div class="tools">${field}${which}<${Legend} words=${words} /></div>
    ${lanes}${info}${keys}${detailed}`;
}
// Where Info is rendered, apart from the rest: it follows the mouse.
class Place extends Component {
  constructor() {
    super();
    this.box = createRef();
  }
  shouldComponentUpdate() { return false; }
  componentDidMount() { this.props.app.info = this.box.current; }
  render() { return html`<div ref=${this.box} />`; }
}
function LatencyOf({timeline, app}) {
  timeline.latencies ??= latenciesOf(timeline.r, app.words);
  const width = app.panels[0]?.box.current?.clientWidth || 0;
  return timeline.latencies.length === 0 || width === 0 ? null
    : html`<${Latency} timeline=${timeline} groups=${timeline.latencies} words=${app.words}
      look=${looks()} width=${width} />`;
}
