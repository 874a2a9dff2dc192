// SPDX-License-Identifier: BSL-1.0
// How a state looks, on a canvas and as SVG alike. Hues of M. Okabe and K. Ito, which people with
// any colour vision tell apart; what matters most differs by its pattern, too.

const LOOKS = {
  light: {
    none: 'transparent', running: '#2f86c1', ready: '#f0c24a', waits: '#cc79a7', io: '#79b8a0',
    asleep: '#c9cdd2', blocked: '#d55e00', idle: '#eceef0', unpermitted: '#dfe3e7',
    ink: '#1b1b1b', soft: '#5d5d5d', rule: '#e3e3e3', paper: '#ffffff', on: '#ffffff',
    mark: '#1b1b1b', hatch: '#ffffff', accent: '#7a2fc2',
  },
  dark: {
    none: 'transparent', running: '#3f8fc9', ready: '#c99a23', waits: '#b0628e', io: '#3f8f74',
    asleep: '#4a4f55', blocked: '#d9661a', idle: '#24282c', unpermitted: '#31363b',
    ink: '#e9e9e7', soft: '#a5a7a9', rule: '#33373b', paper: '#16181b', on: '#ffffff',
    mark: '#ffffff', hatch: '#16181b', accent: '#c79bff',
  },
};
const PATTERNS = {blocked: 'hatch', waits: 'dots', unpermitted: 'lines', io: 'ticks'};
const LEAST_PATTERNED = 3;  // pixels
// On these, text is dark.
const PALE = new Set(['ready', 'asleep', 'idle', 'unpermitted', 'none', 'io']);

function looks() {
  return matchMedia('(prefers-color-scheme: dark)').matches && !matchMedia('print').matches
    ? LOOKS.dark : LOOKS.light;
}
function inkOn(state, look) {
  return look === LOOKS.dark || !PALE.has(state) ? look.on : LOOKS.light.ink;
}

// Draws the strokes of a pattern into a 8 by 8 tile, with line(x1, y1, x2, y2).
function strokes(pattern, line) {
  if (pattern === 'hatch') { line(-2, 10, 10, -2); line(-2, 2, 2, -2); line(6, 10, 10, 6); }
  if (pattern === 'lines') line(0, 4, 8, 4);
  if (pattern === 'ticks') line(4, 5, 4, 8);
  if (pattern === 'dots') { line(1.5, 2, 2.5, 2); line(5.5, 6, 6.5, 6); }
}

// Where columns of one state are wide enough together to show its pattern.
function patternedRuns(states) {
  const runs = [];
  for (let from = 0, to; from < states.length; from = to) {
    for (to = from + 1; to < states.length && states[to] === states[from];) ++to;
    const pattern = PATTERNS[STATES[states[from]]];
    if (pattern && to - from >= LEAST_PATTERNED) runs.push({from, to, pattern});
  }
  return runs;
}

const WIDTHS = new Map();

class CanvasPen {
  constructor(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    this.g = canvas.getContext('2d');
    this.g.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.g.clearRect(0, 0, width, height);
    this.look = looks();
    this.patterns = {};
    this.g.font = '12px system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif';
    this.g.textBaseline = 'middle';
  }
  // What is painted from now on lies `top` higher.
  above(top) {
    const ratio = window.devicePixelRatio || 1;
    this.g.setTransform(ratio, 0, 0, ratio, 0, -top * ratio);
  }
  pattern(name) {
    if (this.patterns[name]) return this.patterns[name];
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const g = tile.getContext('2d');
    g.strokeStyle = this.look.hatch;
    g.globalAlpha = 0.55;
    g.lineWidth = 1.6;
    strokes(name, (x1, y1, x2, y2) => {
      g.beginPath(); g.moveTo(x1, y1); g.lineTo(x2, y2); g.stroke();
    });
    return this.patterns[name] = this.g.createPattern(tile, 'repeat');
  }
  fill(colour, x, y, w, h, alpha = 1) {
    this.g.globalAlpha = alpha;
    this.g.fillStyle = colour;
    this.g.fillRect(x, y, w, h);
    this.g.globalAlpha = 1;
  }
  slice(state, x, y, w, h) {
    this.g.fillStyle = this.look[state];
    this.g.fillRect(x, y, w, h);
    if (w >= LEAST_PATTERNED && PATTERNS[state]) {
      this.g.fillStyle = this.pattern(PATTERNS[state]);
      this.g.fillRect(x, y, w, h);
    }
  }
  // A picture one pixel high, a column for each state; and that as a part of a lane.
  strip(states) {
    const canvas = document.createElement('canvas');
    canvas.width = states.length;
    canvas.height = 1;
    const g = canvas.getContext('2d'), image = g.createImageData(states.length, 1);
    states.forEach((state, k) => {
      const colour = this.look[STATES[state]];
      if (colour === 'transparent') return;
      for (let c = 0; c < 3; ++c) {
        image.data[4 * k + c] = parseInt(colour.slice(1 + 2 * c, 3 + 2 * c), 16);
      }
      image.data[4 * k + 3] = 255;
    });
    g.putImageData(image, 0, 0);
    return {canvas, runs: patternedRuns(states)};
  }
  tile({canvas, runs}, x, y, left, right) {
    const from = Math.max(left - x, 0), to = Math.min(right - x, canvas.width);
    if (to <= from) return;
    this.g.imageSmoothingEnabled = false;
    this.g.drawImage(canvas, from, 0, to - from, 1, x + from, y, to - from, LANE);
    for (const run of runs) {
      const begin = Math.max(run.from, from), end = Math.min(run.to, to);
      if (end <= begin) continue;
      this.g.fillStyle = this.pattern(run.pattern);
      this.g.fillRect(x + begin, y, end - begin, LANE);
    }
  }
  // Texts come again in every frame.
  widthOf(text) {
    let width = WIDTHS.get(text);
    if (width === undefined) {
      if (WIDTHS.size > 5000) WIDTHS.clear();
      WIDTHS.set(text, width = this.g.measureText(text).width);
    }
    return width;
  }
  // On `under`, so that no pattern runs through the words. Returns where it ends.
  text(text, x, y, colour, most, under) {
    if (most !== undefined) {
      if (most < 14) return undefined;
      if (this.widthOf(text) > most) {
        const each = this.widthOf(text) / text.length;
        let kept = Math.floor(most / each) - 1;
        while (kept >= 2 && this.widthOf(text.slice(0, kept) + '…') > most) --kept;
        if (kept < 2) return undefined;
        text = text.slice(0, kept) + '…';
      }
    }
    if (under) this.fill(under, x - 2, y - 7, this.widthOf(text) + 4, 14, 0.85);
    this.g.fillStyle = colour;
    this.g.fillText(text, x, y);
    return x + this.widthOf(text);
  }
  line(x1, y1, x2, y2, colour, width = 1) {
    this.g.strokeStyle = colour;
    this.g.lineWidth = width;
    this.g.beginPath(); this.g.moveTo(x1, y1); this.g.lineTo(x2, y2); this.g.stroke();
  }
  path(points, colour, width = 1.5) {
    this.g.strokeStyle = colour;
    this.g.lineWidth = width;
    this.g.beginPath();
    points.forEach(([x, y], i) => { if (i) this.g.lineTo(x, y); else this.g.moveTo(x, y); });
    this.g.stroke();
  }
  frame(x, y, w, h, colour) {
    this.g.strokeStyle = colour;
    this.g.lineWidth = 2;
    this.g.strokeRect(x, y, w, h);
  }
}

class SvgPen {
  constructor(width, height) {
    this.look = LOOKS.light;
    this.width = width;
    this.height = height;
    this.parts = [];
  }
  static safe(text) {
    return String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
  }
  above(top) { this.parts.push(`</g><g transform="translate(0 ${-top})">`); }
  fill(colour, x, y, w, h, alpha = 1) {
    if (colour === 'transparent') return;
    this.parts.push(`<rect x="${x.toFixed(2)}" y="${y.toFixed(1)}" width="${w.toFixed(2)}" ` +
      `height="${h.toFixed(1)}" fill="${colour}"${alpha < 1 ? ` opacity="${alpha}"` : ''}/>`);
  }
  slice(state, x, y, w, h) {
    this.fill(this.look[state], x, y, w, h);
    if (w >= LEAST_PATTERNED && PATTERNS[state]) this.fill(`url(#${PATTERNS[state]})`, x, y, w, h);
  }
  text(text, x, y, colour, most, under) {
    if (most !== undefined) {
      const kept = Math.floor(most / 6.6);
      if (kept < 3) return undefined;
      if (text.length > kept) text = text.slice(0, kept - 1) + '…';
    }
    if (under) this.fill(under, x - 2, y - 7, text.length * 6.6 + 4, 14, 0.85);
    this.parts.push(`<text x="${x.toFixed(2)}" y="${(y + 4).toFixed(1)}" fill="${colour}">` +
      SvgPen.safe(text) + '</text>');
    return x + text.length * 6.6;
  }
  line(x1, y1, x2, y2, colour, width = 1) {
    this.parts.push(`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" ` +
      `stroke-width="${width}"/>`);
  }
  path(points, colour, width = 1.5) {
    const d = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(' L');
    this.parts.push(`<path d="M${d}" fill="none" stroke="${colour}" stroke-width="${width}"/>`);
  }
  frame(x, y, w, h, colour) {
    this.parts.push(`<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" ` +
      `stroke="${colour}" stroke-width="2"/>`);
  }
  toString() {
    const patterns = ['hatch', 'lines', 'ticks', 'dots'].map((name) => {
      let lines = '';
      strokes(name, (x1, y1, x2, y2) => {
        lines += `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#fff" ` +
          'stroke-width="1.6" opacity=".55"/>';
      });
      return `<pattern id="${name}" width="8" height="8" patternUnits="userSpaceOnUse">` +
        lines + '</pattern>';
    }).join('');
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${this.width} ${this.height}" ` +
      `width="${this.width}" height="${this.height}" font-family="sans-serif" font-size="12">` +
      `<defs>${patterns}</defs><rect width="100%" height="100%" fill="#fff"/>` +
      '<g>' + this.parts.join('') + '</g></svg>';
  }
}
