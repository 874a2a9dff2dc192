// SPDX-License-Identifier: BSL-1.0
// A page in Chromium, for tests that use it as a person does: by what is written on it, by roles and
// labels, with wheel, mouse and keys. What a page says on its console, and every request that leaves
// the machine, fails the test.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

// From tests/browser/run: the built programs, what npm installed, where screenshots go.
const {WEFT, RECORDING, MODULES, SCREENSHOTS, CHROMIUM} = process.env;
const require = createRequire(MODULES + '/');
const {chromium} = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const folder = mkdtempSync(join(tmpdir(), 'weft-browser-'));
process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
mkdirSync(SCREENSHOTS, {recursive: true});

// ---- programs ----

export function run(program, ...words) {
  const ended = spawnSync(program, words, {cwd: folder, encoding: 'utf8', timeout: 60_000});
  assert.equal(ended.status, 0, `${program} ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}
export const weft = (...words) => run(WEFT, ...words);

// A story of program_recording as a file in the folder.
export function recording(story) {
  run(RECORDING, story, join(folder, story));
  return story;
}
// The report of recordings, as an address.
export function report(files, {language = 'en', name = files.join('+')} = {}) {
  const out = join(folder, `${name}.${language}.html`);
  weft('report', ...files, '-o', out, '--lang', language);
  return pathToFileURL(out).href;
}

// A program that goes on until the test ends it. `line(pattern)` waits for what it prints.
export function start(...words) {
  const child = spawn(WEFT, words, {cwd: folder, stdio: ['ignore', 'pipe', 'inherit']});
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
  process.on('exit', () => child.kill());
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return {
    line: (pattern) => within(kPatience, `${pattern} in its output`, () => pattern.exec(said)),
    end: () => { child.kill('SIGTERM'); return ended; },
  };
}

export const kPatience = 20_000;  // ms: for a machine that does much else

// Waits until `look()` gives something true, and returns it.
export async function within(milliseconds, what, look) {
  const end = performance.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) assert.fail(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// ---- pages ----

let browser;
export async function open(url, {width = 1440, height = 900, dark = false} = {}) {
  browser ??= await chromium.launch({executablePath: CHROMIUM, args: ['--no-sandbox',
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']});
  const context = await browser.newContext({viewport: {width, height}, acceptDownloads: true,
    colorScheme: dark ? 'dark' : 'light', locale: 'en'});
  const page = await context.newPage();
  page.faults = [];
  page.on('console', (said) => {
    if (['error', 'warning'].includes(said.type())) page.faults.push(said.text());
  });
  page.on('pageerror', (error) => page.faults.push(error.stack));
  const own = new URL(url).origin;
  await context.route('**/*', (route) => {
    const asked = new URL(route.request().url());
    const good = ['file:', 'data:', 'blob:'].includes(asked.protocol) ||
      asked.hostname === '127.0.0.1' && asked.origin === own;
    if (good) return route.continue();
    page.faults.push(`asks for ${asked}`);
    return route.abort();
  });
  await page.addInitScript(keepPaintedWords);
  await page.goto(url);
  await page.getByRole('img').first().waitFor();
  return page;
}
export async function close(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}
export async function end() {
  await browser?.close();
}

// Runs in the page: which words each canvas shows, and where, as a person reads them there.
function keepPaintedWords() {
  const words = new Map(), pens = CanvasRenderingContext2D.prototype;
  const {clearRect, fillText} = pens;
  pens.clearRect = function clear(...where) {
    words.set(this.canvas, []);
    return clearRect.apply(this, where);
  };
  pens.fillText = function write(text, x, y, ...rest) {
    const at = this.getTransform().transformPoint({x, y});
    if (!words.has(this.canvas)) words.set(this.canvas, []);
    words.get(this.canvas).push({text, x: at.x, y: at.y});
    return fillText.call(this, text, x, y, ...rest);
  };
  window.paintedWords = () => [...words].filter(([canvas]) => canvas.isConnected)
    .flatMap(([canvas, all]) => {
      const box = canvas.getBoundingClientRect(), scale = box.width / canvas.width;
      const clip = canvas.parentElement.getBoundingClientRect();
      return all.map(({text, x, y}) => ({text, x: box.x + x * scale, y: box.y + y * scale}))
        .filter((word) => word.y > clip.top && word.y < clip.bottom);
    });
}

// Words painted on canvases that match, each with its place in the window.
export async function painted(page, pattern) {
  return (await page.evaluate(() => window.paintedWords()))
    .filter(({text}) => pattern.test(text));
}
export const appears = (page, pattern) =>
  within(kPatience, `${pattern} painted`, async () => (await painted(page, pattern))[0]);

export const text = (page) => page.getByRole('main').innerText();
export const says = (page, pattern, patience = kPatience) =>
  within(patience, `${pattern} on the page`, async () => pattern.exec(await text(page)));

export const timelines = (page) => page.getByRole('img', {name: /^(Timeline|时间线)/});

// How much time is in view, in ns, as the page says.
export async function inView(page) {
  const [, value, unit] = await says(page, /(?:In view|Chosen): ([\d.]+)\s(ns|µs|ms|s)/);
  return value * {ns: 1, 'µs': 1e3, ms: 1e6, s: 1e9}[unit];
}
export const comesIntoView = async (page, good) => {
  await within(kPatience, `${good} of the time in view`, async () => good(await inView(page)));
  await rests(page);
};
const rests = (page) => page.waitForFunction(() => !window.weftMoves, null, {timeout: kPatience});

// The view and selection that the address keeps. It follows what moves the view after a rest, so
// that a change seen early may be of what was done before.
export const state = (page) => new URL(page.url()).hash;
export async function changesState(page, act) {
  await rests(page);
  const before = state(page);
  await act();
  await within(kPatience, 'another address', () => state(page) !== before);
  await rests(page);
  return state(page);
}

export async function screenshot(page, name, options = {}) {
  await page.screenshot({path: join(SCREENSHOTS, name + '.png'), ...options});
}

// What axe calls serious or critical.
export async function faultsOfAccess(page) {
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => window.axe.run());
  return violations.filter(({impact}) => ['serious', 'critical'].includes(impact))
    .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 200)).join(' | ')}`);
}

// Times are judged only where nobody else uses the machine.
export function expectFast(good, what) {
  console.log(what);
  if (process.env.WEFT_EXPECT_FAST) assert.ok(good, what);
}
