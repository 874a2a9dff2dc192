// SPDX-License-Identifier: BSL-1.0
// Who waits for whom at a moment, as a picture: a waiter stands left of what it waits for, that left
// of who holds it, and so on to the one that all of them need; a circle of owners is a deadlock.

// Each node leads to at most one other, so it is a forest, and circles.
function waitsAt(r, t) {
  const nodes = new Map();
  const node = (id, kind, name) => {
    if (!nodes.has(id)) nodes.set(id, {id, kind, name, to: null, from: []});
    return nodes.get(id);
  };
  const link = (a, b) => {
    if (a.to) return;
    a.to = b;
    b.from.push(a);
  };
  const fiber = (i) => node('f' + i, 'fiber', r.fibers[i].name);
  const stuck = stuckAt(r, t);
  r.fibers.forEach((lane, i) => {
    const at = lane.find(t);
    if (at < 0) return;
    const state = lane.state[at], awaited = lane.object[at];
    // Who held it when the waiting began may have let go since.
    const owner = awaited === NOBODY ? lane.owner[at] : r.holdersOf.at(awaited, t);
    if (state === BLOCKED) link(fiber(i), node(`c${i}`, 'blocked', r.label(lane, at)));
    if (state === READY && stuck[lane.runtime]) {
      // It waits for whoever blocks the LWPs.
      const lwps = stuck[lane.runtime], one = lwps.length === 1 ? lwps[0] : null;
      const them = node('l' + lane.runtime, 'lwp', lwps.map(({name}) => name).join(', '));
      link(fiber(i), them);
      const on = one ? one.who[one.find(t)] : NOBODY;
      if (on !== NOBODY) link(them, fiber(on));
    }
    if (state !== WAITS && state !== IO) return;
    const kind = state === IO ? 'io' : 'object';
    if (awaited !== NOBODY) {
      const object = node('o' + awaited, kind, r.objectNames[awaited]);
      link(fiber(i), object);
      if (owner !== NOBODY) link(object, fiber(owner));
    } else if (owner !== NOBODY) {
      link(fiber(i), fiber(owner));
    } else {
      const what = r.texts[lane.what[at]];
      link(fiber(i), node(`w${lane.runtime}${what}`, kind, what || '?'));
    }
  });
  return [...nodes.values()];
}
// By runtime, its LWPs that are blocked, if no other could run a fiber.
function stuckAt(r, t) {
  const out = r.runtimes.map(() => []);
  for (const lane of r.lwps) {
    const at = lane.find(t), all = out[lane.runtime];
    if (at < 0 || !all || lane.state[at] === UNPERMITTED) continue;
    if (lane.state[at] === BLOCKED) all.push(lane); else out[lane.runtime] = null;
  }
  return out.map((all) => all?.length ? all : null);
}

// Marks nodes of circles, and gives each its circle.
function circlesIn(nodes) {
  const circles = [];
  for (const start of nodes) {
    const path = [];
    let at = start;
    while (at && !at.seen) { at.seen = start; path.push(at); at = at.to; }
    if (!at || at.seen !== start) continue;
    const circle = path.slice(path.indexOf(at));
    for (const each of circle) each.circle = circle;
    circles.push(circle);
  }
  return circles;
}

const BOX = {w: 156, h: 24, across: 46, down: 8, most: 6, deepest: 24};

// Gives each node a place, the last of a chain at the right. Of many that wait for the same, some
// are drawn and the others counted.
function layOutGraph(nodes, words) {
  const circles = circlesIn(nodes), placed = [], lines = [];
  let y = 0;
  const step = BOX.h + BOX.down;
  const place = (one, depth) => {
    const waiters = depth < BOX.deepest ? one.from.filter((each) => !each.circle) : [];
    // Those with waiters of their own first.
    waiters.sort((a, b) => b.from.length - a.from.length);
    const shown = waiters.length > BOX.most + 1 ? waiters.slice(0, BOX.most) : waiters;
    const top = y;
    for (const each of shown) place(each, depth + 1);
    if (shown.length < waiters.length) {
      const rest = {id: one.id + '+', kind: 'more', depth: depth + 1, y, to: one,
        name: fill(words.and_more, {n: waiters.length - shown.length})};
      placed.push(rest);
      y += step;
    }
    if (y === top) y += step;
    one.depth = depth;
    one.y = (top + y - step) / 2;
    placed.push(one);
  };
  for (const circle of circles) {
    circle.forEach((one, k) => { place(one, circle.length - 1 - k); });
    y += step;
  }
  for (const root of nodes.filter((each) => !each.to && !each.circle)) {
    place(root, 0);
    y += 6;
  }
  const deepest = Math.max(0, ...placed.map((each) => each.depth));
  for (const each of placed) each.x = (deepest - each.depth) * (BOX.w + BOX.across);
  for (const each of placed) {
    if (each.to) lines.push({from: each, to: each.to, red: Boolean(each.circle && each.to.circle)});
  }
  return {placed, lines, circles,
    width: (deepest + 1) * (BOX.w + BOX.across) - BOX.across + 4, height: Math.max(y, step)};
}

// The picture; colours are attributes, so that it can be saved as it is.
function Graph({r, t, words, look, label}) {
  const {placed, lines, circles, width, height} = layOutGraph(waitsAt(r, t), words);
  const red = look.blocked, middle = BOX.h / 2;
  const fills = {fiber: look.paper, more: look.paper, lwp: look.idle, object: look.waits,
    blocked: look.blocked, io: look.io};
  const line = ({from, to, red: circle}) => {
    const a = [from.x + BOX.w, from.y + middle], b = [to.x, to.y + middle];
    const back = b[0] <= a[0];  // the way back of a circle runs below
    const low = Math.max(from.y, to.y) + BOX.h + 10;
    const path = back
      ? `M${a} C${a[0] + 40} ${a[1]} ${a[0] + 20} ${low} ${a[0] - 20} ${low} ` +
        `L${b[0] + 20} ${low} ` +
        `C${b[0] - 20} ${low} ${b[0] - 36} ${b[1]} ${b}`
      : `M${a} C${a[0] + 24} ${a[1]} ${b[0] - 24} ${b[1]} ${b}`;
    return html`<path d=${path} fill="none" stroke=${circle ? red : look.soft}
      stroke-width=${circle ? 2.5 : 1.5} marker-end=${`url(#${circle ? 'red' : 'grey'})`} />`;
  };
  const box = ({x, y, kind, name, circle}) => {
    const dark = kind === 'object' || kind === 'blocked';
    const text = name.length > 20 ? name.slice(0, 19) + '…' : name;
    return html`<g transform=${`translate(${x} ${y})`}><title>${name}</title>
      <rect width=${BOX.w} height=${BOX.h} rx=${kind === 'fiber' ? 12 : 3} fill=${fills[kind]}
        stroke=${circle ? red : look.soft} stroke-width=${circle ? 2.5 : 1}
        stroke-dasharray=${kind === 'more' ? '3 3' : 'none'} />
      <text x=${BOX.w / 2} y=${middle + 4} text-anchor="middle" font-size="12"
        fill=${dark ? look.on : kind === 'io' ? inkOn('io', look) : look.ink}>${text}</text></g>`;
  };
  const arrow = (id, colour) => html`<marker id=${id} viewBox="0 0 8 8" refX="7" refY="4"
    markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">
    <path d="M0 0 L8 4 L0 8 z" fill=${colour} /></marker>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label=${label}
    width=${width + 44} height=${height + 16} viewBox=${`-24 -2 ${width + 44} ${height + 16}`}
    font-family="system-ui, sans-serif">
    <defs>${arrow('grey', look.soft)}${arrow('red', red)}</defs>
    ${lines.map(line)}${placed.map(box)}
    ${circles.length ? html`<text x="0" y=${height + 8} font-size="12" font-weight="600"
      fill=${red}>${words.circle}</text>` : null}</svg>`;
}

// The same as sentences, and the picture with them.
function WaitGraph({r, t, words}) {
  const title = fill(words.graph, {time: r.time(t)});
  const items = waitsAt(r, t).filter(({kind, to}) => kind === 'fiber' && to)
    .map(({name, to}) => `${name} → ${to.kind === 'blocked' ? words.blocked + ': ' : ''}` +
      to.name + (to.kind !== 'fiber' && to.to ? ` → ${to.to.name}` : ''));
  if (items.length === 0) {
    return html`<section class="graph"><h3>${title}</h3> <p class="soft">${words.nobody_waits}</p>
      </section>`;
  }
  const save = () => {
    const box = document.createElement('div');
    render(html`<${Graph} r=${r} t=${t} words=${words} look=${LOOKS.light} label=${title} />`, box);
    saveFile(new XMLSerializer().serializeToString(box.firstChild), title);
  };
  return html`<section class="graph"><div class="bar"><h3>${title}</h3>
    <${SaveButton} words=${words} what=${words.who} save=${save} /></div>
    <div class="wide" tabindex="0"><${Graph} r=${r} t=${t} words=${words} look=${looks()}
      label=${title} /></div>
    <details><summary>${words.as_text}</summary>
    <ul>${items.slice(0, 40).map((text) => html`<li>${text}</li>`)}</ul></details></section>`;
}
