// SPDX-License-Identifier: BSL-1.0
// Plots: counters under a timeline, on its time axis, and latency by percentile. uPlot draws them
// on the page; what is saved is drawn by SvgPen from the same figures.

const PLOT = 64, COLUMNS = 480;

function figure(v) {
  return v === null || v === undefined ? '–' : v >= 1000 ? Math.round(v).toLocaleString('en')
    : v >= 10 || Number.isInteger(v) ? v.toFixed(0) : v.toFixed(v >= 1 ? 1 : 2);
}

// One counter. It is told by follow() that the view has moved, by point() which time is pointed at.
class CounterPlot extends Component {
  constructor() {
    super();
    this.box = createRef();
    this.value = createRef();
  }
  componentDidMount() { this.make(); }
  componentDidUpdate(before) {
    if (before.width === this.props.width && before.look === this.props.look) {
      this.follow();
      return;
    }
    this.plot?.destroy();
    this.plot = null;
    this.make();
  }
  componentWillUnmount() { this.plot?.destroy(); }
  make() {
    const {counter, view, look, width, r, last} = this.props;
    if (width < NAMES + 50) return;
    const axis = {stroke: look.soft, grid: {stroke: look.rule, width: 1}, ticks: {show: false},
      font: '11px system-ui, sans-serif'};
    const colour = look[counter.colour];
    this.plot = new uPlot({
      width, height: PLOT + (last ? 18 : 0), padding: [8, 0, last ? 0 : 4, 0],
      legend: {show: false},
      cursor: {y: false, points: {size: 6}, drag: {x: true, y: false, setScale: false}},
      scales: {x: {time: false, range: () => [view.from, view.to]},
        y: {range: (u, low, high) => [0, high > 0 ? high * 1.05 : 1]}},
      axes: [{...axis, show: last, size: 18, gap: 2,
        splits: () => ticks(view.from, view.to, Math.max(width / 140, 2)),
        values: (u, splits) => splits.map((t) => u.valToPos(t, 'x') < 24 ||
          u.valToPos(t, 'x') > width - NAMES - 24 ? '' : r.time(t, splits[1] - splits[0]))},
      {...axis, size: NAMES, gap: 4, space: 22, values: (u, splits) => splits.map(figure)}],
      series: [{}, {stroke: colour, fill: colour + '55', width: 1.5, points: {show: false},
        paths: uPlot.paths.stepped({align: 1})}],
      hooks: {
        setCursor: [(u) => {
          this.value.current.textContent = u.cursor.idx === null ? '' :
            figure(u.data[1][u.cursor.idx]);
          if (u.cursor.event) {
            this.props.point(u.cursor.left >= 0 ? u.posToVal(u.cursor.left, 'x') : null, this);
          }
        }],
        setSelect: [(u) => {
          if (u.select.width < 4) return;
          view.set(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'));
          u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
        }],
      },
    }, this.figures(), this.box.current);
  }
  figures() {
    const {view, counter} = this.props, {from, to} = view, xs = new Array(COLUMNS);
    for (let k = 0; k < COLUMNS; ++k) xs[k] = from + (to - from) * k / COLUMNS;
    return [xs, counter.level.means(from, to, COLUMNS)];
  }
  follow() { this.plot?.setData(this.figures()); }
  point(t) {
    if (!this.plot) return;
    this.plot.setCursor(t === null ? {left: -10, top: -10}
      : {left: this.plot.valToPos(t, 'x'), top: 10}, false);
    this.value.current.textContent = t === null ? '' :
      figure(this.plot.data[1][this.plot.valToIdx(t)]);
  }
  render({counter}) {
    return html`<div class="plot">
      <div class="plot-name">${counter.name} <b ref=${this.value} /></div>
      <div ref=${this.box} /></div>`;
  }
}

// All counters of a timeline, made when the timeline has been painted: their figures cost time.
class Counters extends Component {
  constructor() {
    super();
    this.plots = [];
  }
  componentDidMount() {
    this.props.panel.counters = this;
    afterFrame(() => this.setState({ready: true}));
  }
  follow() { for (const plot of this.plots) plot?.follow(); }
  point(t, except) { for (const plot of this.plots) if (plot !== except) plot?.point(t); }
  save() {
    const {timeline, words} = this.props, {view, r} = timeline, width = 1200;
    const tall = this.list.length * (PLOT + 26) + 24, pen = new SvgPen(width, tall);
    this.list.forEach((counter, k) => {
      const ys = counter.level.means(view.from, view.to, COLUMNS);
      picture(pen,
        {left: NAMES, top: k * (PLOT + 26) + 20, width: width - NAMES - 10, height: PLOT},
        {title: counter.name, xs: ys.map((_, i) => (i + 0.5) / COLUMNS),
          lines: [{ys, colour: pen.look[counter.colour], filled: true}],
          most: Math.max(...ys, 1e-9),
          ticks: k + 1 < this.list.length ? [] : ticks(view.from, view.to, 8).map((t) =>
            [(t - view.from) / (view.to - view.from), r.time(t)]), figure});
    });
    saveFile(String(pen), `${r.title} ${words.counters}`);
  }
  render({timeline, words, view, look, width, panel}, {ready}) {
    if (this.of !== timeline.r) { this.list = null; this.of = timeline.r; }
    if (ready) this.list ??= countersOf(timeline.r, words);
    const list = this.list || [];
    this.plots.length = list.length;
    return html`<section class="counters" role="group" aria-label=${words.counters}>
      <div class="bar"><h3>${words.counters}</h3>
        <${SaveButton} words=${words} what=${words.counters} save=${() => this.save()} /></div>
      ${list.map((counter, k) => html`<${CounterPlot} ref=${(each) => { this.plots[k] = each; }}
        key=${counter.name} counter=${counter} view=${view} look=${look} width=${width}
        r=${timeline.r} last=${k + 1 === list.length}
        point=${(t, from) => panel.point(t, from)} />`)}</section>`;
  }
}

// Draws lines over an axis; x goes from 0 to 1.
function picture(pen, where, {title, xs, lines, most, ticks: at, figure: say}) {
  const {left, top, width, height} = where;
  pen.text(title, left, top - 9, pen.look.ink);
  for (const share of [0, 0.5, 1]) {
    const y = top + height * (1 - share);
    pen.line(left, y, left + width, y, pen.look.rule);
    pen.text(say(most * share), 8, y, pen.look.soft);
  }
  for (const [x, label] of at) {
    pen.line(left + x * width, top, left + x * width, top + height, pen.look.rule);
    pen.text(label, left + x * width + 2, top + height + 10, pen.look.soft);
  }
  for (const {ys, colour, filled} of lines) {
    const points = [];
    xs.forEach((x, i) => {
      if (ys[i] !== null) points.push([left + x * width, top + height * (1 - ys[i] / most)]);
    });
    if (points.length === 0) continue;
    if (filled) {
      const w = width / xs.length;
      for (const [x, y] of points) {
        if (top + height - y > 0.2) pen.fill(colour, x - w / 2, y, w, top + height - y, 0.35);
      }
    }
    pen.path(points, colour);
  }
}

// ---- latency by percentile ----
// Requests by what they are, and blocking calls, each sorted.
function latenciesOf(r, words) {
  const groups = new Map();
  const add = (name, length) => {
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(length);
  };
  const {requests} = r;
  for (let i = 0; i < requests.count; ++i) {
    add(r.texts[requests.what[i]] || words.request, requests.end[i] - requests.begin[i]);
  }
  for (const lane of r.fibers) {
    for (let i = 0; i < lane.count; ++i) {
      if (lane.state[i] !== BLOCKED) continue;
      add(`${words.blocked}: ${r.texts[lane.what[i]]}`, lane.length(i));
    }
  }
  return [...groups].map(([name, lengths]) => ({name, sorted: Float64Array.from(lengths).sort()}))
    .filter(({sorted}) => sorted.length >= 10)
    .sort((a, b) => b.sorted.length - a.sorted.length).slice(0, 6);
}

// The axis counts nines: 0 is the shortest, 1 is p90, 2 is p99.
const NINES = [[0, 'p0'], [-Math.log10(0.5), 'p50'], [1, 'p90'], [2, 'p99'], [3, 'p99.9'],
  [4, 'p99.99'], [5, 'p99.999']];
const LINES = [['running', []], ['blocked', [6, 3]], ['waits', [2, 3]], ['io', [9, 3, 2, 3]],
  ['accent', [4, 4]], ['ready', [12, 4]]];

class Latency extends Component {
  constructor() {
    super();
    this.box = createRef();
  }
  shouldComponentUpdate(next) {
    return ['timeline', 'look', 'width'].some((name) => next[name] !== this.props[name]);
  }
  componentDidMount() { this.make(); }
  componentDidUpdate() { this.make(); }
  componentWillUnmount() { this.plot?.destroy(); }
  figures(groups) {
    const most = Math.max(Math.log10(Math.max(...groups.map(({sorted}) => sorted.length))), 1);
    const n = 160, xs = Array.from({length: n + 1}, (_, k) => most * k / n);
    const ys = groups.map(({sorted}) => xs.map((x) => {
      const above = 10 ** -x * sorted.length;  // as many are slower
      return above < 1 - 1e-9 ? null
        : sorted[Math.min(Math.floor(sorted.length - above), sorted.length - 1)];
    }));
    return {most, xs, ys};
  }
  make() {
    const {groups, look, width, timeline, words} = this.props, {r} = timeline;
    this.plot?.destroy();
    const {most, xs, ys} = this.figures(groups);
    const axis = {stroke: look.soft, grid: {stroke: look.rule, width: 1}, ticks: {show: false},
      font: '11px system-ui, sans-serif'};
    const percent = (x) => 'p' + Number((100 * (1 - 10 ** -x)).toFixed(Math.ceil(x)));
    this.plot = new uPlot({
      width: Math.min(width, 900), height: 240, padding: [8, 24, 0, 0],
      scales: {x: {time: false}, y: {distr: 3}},
      axes: [{...axis, splits: () => NINES.map(([x]) => x).filter((x) => x <= most + 0.01),
        values: (u, splits) => splits.map((x) => NINES.find(([at]) => at === x)[1])},
      {...axis, size: 74, space: 30, values: (u, splits) => splits.map((t) =>
        t === null ? '' : r.time(t))}],
      series: [{label: words.percentile, value: (u, x) => x === null ? '–' : percent(x)},
        ...groups.map(({name, sorted}, k) => ({label: `${name} (${sorted.length})`,
          stroke: look[LINES[k][0]], dash: LINES[k][1], width: 2, points: {show: false},
          value: (u, t) => t === null ? '–' : r.time(t)}))],
      cursor: {y: false, drag: {x: false, y: false}},
    }, [xs, ...ys], this.box.current);
  }
  save() {
    const {groups, timeline, words} = this.props, pen = new SvgPen(900, 330 + 18 * groups.length);
    const {most, xs, ys} = this.figures(groups);
    const all = ys.flat().filter((t) => t > 0), log = Math.log10;
    const low = Math.floor(log(Math.min(...all))), high = Math.max(log(Math.max(...all)), low + 1);
    picture(pen, {left: 90, top: 30, width: 780, height: 250},
      {title: words.latency, xs: xs.map((x) => x / most),
        lines: ys.map((line, k) => ({colour: pen.look[LINES[k][0]],
          ys: line.map((t) => t > 0 ? log(t) - low : null)})), most: high - low,
        ticks: NINES.filter(([x]) => x <= most + 0.01).map(([x, name]) => [x / most, name]),
        figure: (power) => timeline.r.time(10 ** (low + power))});
    groups.forEach(({name, sorted}, k) => {
      const y = 318 + 18 * k;
      pen.line(90, y, 120, y, pen.look[LINES[k][0]], 2);
      pen.text(`${name} (${sorted.length})`, 126, y, pen.look.ink);
    });
    saveFile(String(pen), `${timeline.r.title} ${words.latency}`);
  }
  render({words}) {
    return html`<section class="latency" role="group" aria-label=${words.latency}><div class="bar">
      <h3>${words.latency}</h3><${SaveButton} words=${words} what=${words.latency}
      save=${() => this.save()} /></div><div ref=${this.box} /></section>`;
  }
}
