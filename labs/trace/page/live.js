// SPDX-License-Identifier: BSL-1.0
// Begins: a recording is shown once; of a process that runs the page asks again and again what it
// did in the last seconds.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const page = document.getElementById('weft');
  const {words, live} = data;
  if (!live) {
    const app = new App(data, page);
    app.load(data.recordings);
    data.recordings = null;
    if (data.part) page.classList.add('part');
    render(html`<${Page} app=${app} />`, page);
    app.recall();
    for (const panel of app.panels) panel.paint();
    window.weftFirstPaint = performance.now();  // for tests
    setTimeout(() => app.refresh(), 0);  // now that the panels have a width
    return;
  }
  const ask = (what, more = '', options) =>
    fetch(`${what}?token=${live.token}${more}`, options);

  class Live extends Component {
    constructor() {
      super();
      this.state = {status: '', said: '', paused: false};
      this.paused = false;
    }
    componentDidMount() {
      this.rest();
      this.again();
    }
    // What is under way hears of it at once, the page when it is rendered.
    pause(paused) {
      if (this.paused === paused) return;
      this.paused = paused;
      this.setState({paused});
    }
    async again() {
      for (;;) {
        if (!this.paused) await this.refresh();
        await new Promise((resolve) => setTimeout(resolve, live.every * 1000));
      }
    }
    async refresh() {
      if (this.under_way) return;
      this.under_way = true;
      try {
        const answer = await (await ask('/live')).json();
        this.setState({status: answer.status, rps: answer.rps});
        const {recordings} = answer;
        if (recordings?.length && !(this.app && this.paused)) this.present(recordings);
      } catch {
        this.setState({status: words.gone});
      }
      this.under_way = false;
    }
    present(recordings) {
      if (!this.app) {
        this.app = new App(data, this.inside);
        this.app.onSelect = (timeline, slice) => this.stackOf(timeline, slice);
        this.app.extra = () => this.stack();
        // Who points at something, or moves to it, wants to look at it.
        this.app.onLook = () => this.pause(true);
        this.inside.addEventListener('pointerdown', (e) => {
          if (e.target.tagName === 'CANVAS') this.pause(true);
        });
      }
      const {app} = this;
      app.load(recordings);
      app.refresh();
      this.setState({r: app.timelines[0].r});
    }

    // ---- a fiber's stack, by gdb ----
    async stackOf({r}, slice) {
      const fiber = slice && (slice.lane.ofLwp ? r.fibers[slice.lane.who[slice.i]] : slice.lane);
      if (!fiber || fiber.end < r.length) {
        this.of = null;
        return;
      }
      const runtime = r.runtimes[fiber.runtime];
      const asked = this.of = {name: fiber.name, text: null};
      try {
        const process = r.processes[runtime.process].number;
        const answer = await ask('/stack', `&fiber=${fiber.number}&process=${process}`);
        asked.text = await answer.text();
      } catch {
        asked.text = words.gone;
      }
      this.app.refreshInfo();
    }
    stack() {
      if (!this.of) return null;
      const {name, text} = this.of;
      return html`<section class="stack"><h3>${fill(words.stack, {who: name})}</h3>
        ${text === null ? html`<p class="soft">${words.stack_asked}</p>`
          : html`<pre tabindex="0">${text}</pre>`}
        </section>`;
    }

    // ---- controls of a lecture: of the server that is started anew with them ----
    // What the chosen mapping has no use for keeps its value, and rests.
    rest() {
      const mapping = this.form.elements.mapping?.value;
      for (const {name, idle_with: idle} of live.controls || []) {
        this.form.elements[name].disabled = Boolean(idle?.includes(mapping));
      }
    }
    async control() {
      this.rest();
      const body = {};
      for (const field of this.form.elements) body[field.name] = field.value;
      this.setState({said: '…'});
      try {
        const answer = await ask('/control', '', {method: 'POST', body: JSON.stringify(body)});
        const {said, controls} = await answer.json();
        // What was refused is not what is shown.
        for (const {name, value} of controls) this.form.elements[name].value = value;
        this.rest();
        this.setState({said: said || ''});
      } catch (error) {
        this.setState({said: String(error)});
      }
      this.refresh();
    }
    field({name, label, value, choices}) {
      const change = () => this.control();
      return html`<label><span>${label}</span>${choices
        ? html`<select name=${name} onChange=${change}>${choices.map((choice) => html`<option
          value=${choice} selected=${choice === value}>${choice || '–'}</option>`)}</select>`
        : html`<input name=${name} defaultValue=${value} type="number" min="0" step="any"
          onChange=${change} />`}</label>`;
    }

    counts() {
      const {r, rps} = this.state, sums = new Map();
      for (const lane of r?.fibers || []) {
        const last = lane.count - 1;
        if (last < 0 || lane.end < r.length) continue;  // it has ended
        sums.set(lane.state[last], (sums.get(lane.state[last]) || 0) + 1);
      }
      const count = (state, n, name) => html`<span class="count" data-state=${state}><b>${n}</b>
        ${' '}${name}</span>`;
      return html`<div class="counts">${[...sums].sort((a, b) => b[1] - a[1])
        .map(([state, n]) => count(STATES[state], n, words[STATES[state]]))}
        ${rps === undefined ? null : count('', rps.toFixed(0), words.per_second)}</div>`;
    }
    render(_, {status, said, paused, r}) {
      const pause = () => {
        this.pause(!paused);
        if (paused) this.refresh();
      };
      const waits = r && waitingNow(r, words);
      // As they were when the page came; from then on they are the user's.
      this.controls ??= (live.controls || []).map((each) => this.field(each));
      return html`<div class="bar"><h1>${live.title}</h1><span class="soft" role="status">${status}
        </span><button onClick=${pause}>${paused ? words.go_on : words.pause}</button></div>
        <form class="controls" ref=${(form) => { this.form = form; }}
          onSubmit=${(e) => e.preventDefault()}>${this.controls}</form>
        <span class="soft" role="status">${said}</span>${this.counts()}
        <div ref=${(inside) => { this.inside = inside; }} />
        ${waits?.rows.length ? html`<h2>${words.waiting_now}</h2>
          <${Table} ...${waits} label=${words.waiting_now} />` : null}`;
    }
  }
  render(html`<${Live} />`, page);
})();
