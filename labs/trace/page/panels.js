// SPDX-License-Identifier: BSL-1.0
// What stands around the timelines: findings, the selection, the range, search, the legend. They
// are functions of what is shown; Preact changes the page where their answer changes.
const {render, Component, createRef} = preact;
const html = htm.bind(preact.h);

// Replaces {name} in a sentence of the catalogue.
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

function saveFile(svg, title) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([svg], {type: 'image/svg+xml'}));
  link.download = title.replace(/.*\//, '') + '.svg';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
function SaveButton({words, what, save}) {
  return html`<button class="save" onClick=${save} title=${words.svg}
    aria-label=${`SVG: ${what}`}>SVG</button>`;
}

// ---- search: name:worker state:blocked dur>10ms, other words anywhere in the label ----
// The first word that looks like more than a word and is none of these.
function strangeIn(text) {
  return text.trim().split(/\s+/).find((word) => /^dur[<>]/.test(word)
    ? Number.isNaN(parseDuration(word.slice(4))) : /^\w+:\S/.test(word) &&
      !/^(name|state|pipe|socket|anon_inode|fd):/i.test(word));
}
// Each word becomes a test of a slice; names are compared once, not for each slice.
function parseQuery(text, words) {
  const has = (name, part) => name.toLowerCase().includes(part);
  const tests = [];
  for (const word of text.trim().split(/\s+/).filter(Boolean)) {
    const compare = /^dur([<>])(.+)$/.exec(word), part = word.toLowerCase();
    if (compare) {
      const limit = parseDuration(compare[2]);
      if (Number.isNaN(limit)) continue;
      tests.push(() => (lane, i) =>
        compare[1] === '>' ? lane.length(i) > limit : lane.length(i) < limit);
    } else if (part.startsWith('name:')) {
      tests.push((r, lane) => has(lane.name, part.slice(5)) ? () => true : null);
    } else if (part.startsWith('state:')) {
      const state = part.slice(6);
      const wanted = STATES.map((s) => s.startsWith(state) || (words[s] || '').startsWith(state));
      tests.push(() => (lane, i) => wanted[lane.state[i]]);
    } else {
      let known = null;  // of one recording: which of its names have the word
      tests.push((r, lane) => {
        if (known?.r !== r) {
          known = {r, texts: r.texts.map((name) => has(name, part)),
            objects: r.objectNames.map((name) => has(name, part)),
            fibers: r.fibers.map(({name}) => has(name, part)),
            lwps: r.lwps.map(({name}) => has(name, part))};
        }
        const {texts, objects, fibers, lwps} = known;
        if (has(lane.name, part)) return () => true;
        return (of, i) => texts[of.what[i]] || objects[of.object[i]] || fibers[of.owner[i]] ||
          (of.ofLwp ? fibers : lwps)[of.who[i]];
      });
    }
  }
  return tests;
}
function search(timelines, text, words) {
  const tests = parseQuery(text, words), found = [];
  if (tests.length === 0) return found;
  for (const timeline of timelines) {
    for (const lane of [...timeline.r.fibers, ...timeline.r.lwps]) {
      const of = tests.map((test) => test(timeline.r, lane));
      if (of.includes(null)) continue;
      for (let i = 0; i < lane.count && found.length < 100000; ++i) {
        if (lane.state[i] !== NONE && of.every((test) => test(lane, i))) {
          found.push({timeline, lane, i});
        }
      }
    }
  }
  return found.sort((a, b) => a.lane.begin[a.i] - b.lane.begin[b.i]);
}

class Search extends Component {
  constructor() {
    super();
    this.hits = [];
    this.hit = -1;
    this.field = createRef();
  }
  find(text) {
    const {timelines, words} = this.props;
    this.hits = search(timelines, text, words);
    this.hit = -1;
    this.setState({text});
  }
  key(e) {
    if (e.key === 'Escape') this.field.current.blur();
    if (e.key !== 'Enter' || !this.hits.length) return;
    this.hit = (this.hit + (e.shiftKey ? this.hits.length - 1 : 1) + this.hits.length) %
      this.hits.length;
    const {timeline, lane, i} = this.hits[this.hit];
    this.props.go(timeline, {lane, begin: lane.begin[i], end: lane.begin[i + 1]});
    this.setState({});
  }
  render({words}, {text}) {
    const {hits, hit} = this, strange = text && strangeIn(text);
    let found = '';
    if (strange) {
      found = fill(words.strange, {word: strange});
    } else if (text) {
      found = hits.length ? fill(words.found, {n: hit + 1, of: hits.length}) : words.none_found;
    }
    return html`<input type="search" ref=${this.field} placeholder=${words.search}
        aria-label=${words.search} onInput=${(e) => this.find(e.target.value)}
        onKeyDown=${(e) => this.key(e)} />
      <span class="soft" aria-live="polite">${found}</span>`;
  }
}

// ---- the legend, and which lanes are shown ----
class Swatch extends Component {
  constructor() {
    super();
    this.canvas = createRef();
  }
  paint() {
    new CanvasPen(this.canvas.current, 22, 14).slice(this.props.state, 0, 0, 22, 14);
  }
  componentDidMount() { this.paint(); }
  componentDidUpdate() { this.paint(); }
  render({state, words}) {
    return html`<span class="swatch"><canvas ref=${this.canvas} width="22" height="14"
      style="width: 22px; height: 14px" aria-hidden="true" />${words[state]}</span>`;
  }
}
function Legend({words}) {
  return html`<div class="legend">${STATES.slice(1).map((state) =>
      html`<${Swatch} state=${state} words=${words} />`)}
    <span class="swatch"><i class="off" />${words.off}</span></div>`;
}
function Lanes({words, shown, several, change}) {
  const box = (name) => html`<label><input type="checkbox" checked=${shown[name]}
    aria-label=${`${words.show_lanes}: ${words[name]}`}
    onChange=${() => change(name)} />${words[name]}</label>`;
  return html`<fieldset class="which"><legend class="soft">${words.show_lanes}</legend>
    ${several ? box('processes') : null}${box('lwps')}${box('fibers')}</fieldset>`;
}

// ---- what was found ----
function Finding({timeline, finding, go}) {
  const {r} = timeline, {lwp, fiber, begin, end, text} = finding;
  const lane = lwp >= 0 ? r.lwps[lwp] : fiber >= 0 ? r.fibers[fiber] : null;
  return begin < 0 ? text
    : html`<button class="finding"
        onClick=${() => go(timeline, {lane, begin, end})}>${text}</button>`;
}
// The worst, and the others when asked for.
class Findings extends Component {
  render({timeline, words, go, titled}, {all}) {
    const {r} = timeline, most = 5, more = r.findings.length - most;
    const shown = all || more < 2 ? r.findings : r.findings.slice(0, most);
    const about = fill(r.event_ns > 0 ? words.recorded : words.made_up, {
      time: r.steps ? `${r.time(r.length)} ${words.steps}` : duration(r.recorded),
      events: r.events.toLocaleString('en'), dropped: r.dropped,
      each: r.event_ns.toFixed(0) + '\u00a0ns', share: (r.share * 100).toFixed(1) + '\u00a0%'});
    return html`<section class="about">${titled ? html`<h2>${r.title}</h2>` : null}
      <ol class="findings">${shown.map((finding) => html`<li data-id=${finding.id}>
        <${Finding} timeline=${timeline} finding=${finding} go=${go} /></li>`)}</ol>
      ${shown.length < r.findings.length ? html`<button onClick=${() =>
        this.setState({all: true})}>${fill(words.and_more, {n: more})}</button>` : null}
      <p class="soft"><code>${r.processes[0]?.command || ''}</code> · ${about}</p></section>`;
  }
}

// ---- what is selected ----
function Details({timeline, words}) {
  const {lane, i} = timeline.selected, {r} = timeline;
  const parts = [[words.lane, lane.name], [words.state, words[STATES[lane.state[i]]]]];
  const label = r.label(lane, i);
  if (label) parts.push([words.what, label]);
  parts.push([words.begin, r.time(lane.begin[i], lane.length(i) / 10)]);
  parts.push([words.lasts, r.time(lane.length(i))]);
  if (lane.owner[i] !== NOBODY) parts.push([words.held_by, r.fiberName(lane.owner[i])]);
  if (lane.waker[i] !== NOBODY) parts.push([words.waker, r.fiberName(lane.waker[i])]);
  if (lane.origin) parts.push([words.origin, lane.origin]);
  return html`<dl class="details">${parts.map(([name, value]) =>
    html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

// Where a request was, from fiber to fiber, and what each did meanwhile.
function Way({timeline, words, go}) {
  const one = timeline.request, {r} = timeline, {requests} = r;
  if (one < 0) return null;
  const parts = requests.together(one);
  const begin = Math.min(...parts.map((i) => requests.begin[i]));
  const end = Math.max(...parts.map((i) => requests.end[i]));
  return html`<div class="way">${fill(words.way, {what: r.texts[requests.what[parts[0]]],
    time: r.time(end - begin)})}<ol>${parts.map((i) => {
    const lane = r.fibers[requests.fiber[i]], from = requests.begin[i], to = requests.end[i];
    const sums = lane.between(from, to);
    const did = STATES.map((state, s) => [words[state], sums[s]]).filter(([, time]) => time > 0)
      .sort((a, b) => b[1] - a[1]).map(([state, time]) => `${state} ${r.time(time)}`);
    const process = r.processes[r.processOf(lane)];
    return html`<li><button class="finding" onClick=${() => go(timeline, {lane, begin: from,
      end: to})}>${r.processes.length > 1 ? processName(process, words) + ', ' : ''}${lane.name}: ${
      ' '}${r.texts[requests.what[i]]} ${r.time(to - from)}</button> ${' '}<span class="soft">${
      did.join(', ')}</span></li>`;
  })}</ol></div>`;
}

// ---- times by state in a range ----
function RangeStatistics({timeline, from, to, chosen, title: of, words}) {
  const {r} = timeline;
  const line = (lanes, states, title) => {
    const sums = new Float64Array(STATES.length);
    for (const lane of lanes) { lane.upTo(to, sums, 1); lane.upTo(from, sums, -1); }
    const parts = states.filter((s) => sums[s] > 0.5)
      .map((s) => `${words[STATES[s]]} ${r.time(sums[s])}`);
    return html`<div><b>${title}: </b>${parts.join(' · ') || '–'}</div>`;
  };
  return html`<div class="range">
    <div class="soft">${of ? of + ': ' : ''}${
      fill(chosen ? words.chosen : words.range, {time: r.time(to - from)})}</div>
    ${line(r.lwps, [RUNNING, BLOCKED, IDLE, UNPERMITTED], words.lwps)}
    ${line(r.fibers, [RUNNING, READY, WAITS, IO, ASLEEP, BLOCKED], words.fibers)}</div>`;
}
