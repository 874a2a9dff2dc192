// SPDX-License-Identifier: BSL-1.0
// The report of a recording, used as a student uses it: eight workers on one LWP, of which one reads
// for 312 ms, beside the same on four.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, test} from 'node:test';
import {appears, changesState, close, comesIntoView, end, faultsOfAccess, inView, open, painted,
  recording, report, says, screenshot, state, text, timelines, weft} from './browser.js';

const stops = recording('one-read-stops'), goesOn = recording('one-read-goes-on');
const one = report([stops]), both = report([stops, goesOn]);
const kAll = 1.1e9;  // ns, a little less than `stops` lasts

after(end);

async function find(page, query) {
  const field = page.getByRole('searchbox');
  await field.fill(query);
  await field.press('Enter');
}
// A place in the middle of the first timeline.
async function middle(page) {
  const box = await timelines(page).first().boundingBox();
  return {x: box.x + box.width / 2, y: box.y + 80};
}
async function drag(page, from, to) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, to.y, {steps: 4});
  await page.mouse.move(to.x, to.y, {steps: 4});
  await page.mouse.up();
}

test('a search says what it does not understand', async () => {
  const page = await open(one);
  await find(page, 'state:blocked dur>abc');
  await says(page, /not understood: dur>abc/);
  await find(page, 'who:worker');
  await says(page, /not understood: who:worker/);
  await close(page);
});

test('what was found stands first, and leads to its place', async () => {
  const page = await open(one);
  await page.getByRole('button', {name: 'LWP 1 was blocked 312'}).click();
  await comesIntoView(page, (t) => t < kAll / 2);
  await says(page, /blocked[\s\S]*read[\s\S]*312\s?ms/);
  await screenshot(page, 'report-finding');
  await close(page);
});

test('the blocked slice is found by its label, selected, and says what it is', async () => {
  const page = await open(one);
  await find(page, 'state:blocked');
  await says(page, /1 of 2/);  // on the LWP's lane and on the fiber's
  await says(page, /state\s+blocked/);
  await says(page, /lasts\s+312\s?ms/);
  await says(page, /Who waits for whom at/);
  assert.match(await text(page), /worker-7/);
  const label = await appears(page, /^read/);
  await screenshot(page, 'report-blocked');
  // Another is selected by a click on it; this one again, by a click on its label.
  await find(page, 'name:worker-1 state:running');
  await says(page, /state\s+running/);
  await find(page, 'state:blocked');
  await page.mouse.click(label.x + 20, label.y);
  await says(page, /state\s+blocked/);
  await find(page, 'dur>10s');
  await says(page, /nothing found/);
  await close(page);
});

test('wheel, drag and keys change what is in view', async () => {
  const page = await open(one);
  const whole = await inView(page), at = await middle(page);
  await page.mouse.move(at.x, at.y);
  await page.mouse.wheel(0, -240);
  await comesIntoView(page, (t) => t < whole * 0.8);
  const near = await inView(page);
  const before = state(page);
  await changesState(page, () => drag(page, at, {x: at.x - 200, y: at.y}));
  const begin = (hash) => Number(/t=(-?\d+)/.exec(hash)[1]);
  assert.ok(begin(state(page)) > begin(before), 'a drag to the left shows what is later');
  assert.ok(Math.abs(await inView(page) - near) < near * 0.02, 'and as much of it');
  await page.mouse.wheel(0, 480);
  await comesIntoView(page, (t) => t > near * 1.2);

  await page.keyboard.press('0');
  await comesIntoView(page, (t) => t > kAll);
  await page.keyboard.press('+');
  await comesIntoView(page, (t) => t < whole * 0.8);
  await changesState(page, () => page.keyboard.press('ArrowRight'));
  await page.keyboard.press('-');
  await page.keyboard.press('0');
  await comesIntoView(page, (t) => t > kAll);
  await page.keyboard.press('/');
  await page.keyboard.type('state:blocked\n');
  await says(page, /state\s+blocked/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await says(page, /state\s+(running|ready)/);
  await page.keyboard.press('p');
  await says(page, /state\s+blocked/);
  await close(page);
});

test('the minimap moves the view', async () => {
  const page = await open(one);
  for (let i = 0; i < 4; ++i) await page.keyboard.press('+');
  await comesIntoView(page, (t) => t < kAll / 2);
  const mini = await page.locator('.mini').first().boundingBox();
  const moved = await changesState(page, () =>
    page.mouse.click(mini.x + mini.width * 0.9, mini.y + mini.height / 2));
  assert.ok(Number(/t=(\d+)/.exec(moved)[1]) > 5e8, moved);
  await close(page);
});

test('the address restores view and selection', async () => {
  const page = await open(one);
  await find(page, 'state:blocked');
  await says(page, /state\s+blocked/);
  await page.keyboard.press('Escape');  // out of the field
  await changesState(page, () => page.keyboard.press('ArrowRight'));
  const seen = await inView(page), address = page.url();
  await page.goto('about:blank');
  await page.goto(address);
  await says(page, /state\s+blocked/);
  assert.equal(await inView(page), seen);
  await close(page);
});

test('Shift and drag measure a range', async () => {
  const page = await open(one);
  const whole = await inView(page), at = await middle(page);
  await page.keyboard.down('Shift');
  await drag(page, at, {x: at.x + 120, y: at.y});
  await page.keyboard.up('Shift');
  await comesIntoView(page, (t) => t < whole / 4);
  await says(page, /LWPs:\s+running[\s\S]*Fibers:/);
  await screenshot(page, 'report-range');
  await close(page);
});

test('two recordings lie on one time axis', async () => {
  const page = await open(both);
  assert.equal(await timelines(page).count(), 2);
  const ticks = async () => {
    const [first, second] = await timelines(page).evaluateAll((all) =>
      all.map((each) => each.getBoundingClientRect().top));
    const words = await painted(page, /^[\d.]+\s(ns|µs|ms|s)$/);
    const of = (from, to) => words.filter(({y}) => y >= from && y < to && y < from + 24)
      .map(({text: t, x}) => `${t} at ${Math.round(x)}`);
    return [of(first, second), of(second, Infinity)];
  };
  const [above, below] = await ticks();
  assert.ok(above.length > 3, String(above));
  assert.deepEqual(above, below);
  const at = await middle(page);
  await page.mouse.move(at.x, at.y);
  await changesState(page, () => page.mouse.wheel(0, -360));
  const [nearer, nearerBelow] = await ticks();
  assert.notDeepEqual(nearer, above);
  assert.deepEqual(nearer, nearerBelow);
  await page.keyboard.press('0');
  await screenshot(page, 'report-two', {fullPage: true});
  await close(page);
});

test('a row of a table leads to its place', async () => {
  const page = await open(one);
  const row = page.getByRole('row', {name: /^read announced 1 312/});
  await row.click();
  await says(page, /state\s+blocked/);
  await page.keyboard.press('0');
  await comesIntoView(page, (t) => t > kAll);
  await row.focus();
  await row.press('Enter');
  await comesIntoView(page, (t) => t < kAll / 2);
  await close(page);
});

test('the timeline is saved as SVG that is well-formed', async () => {
  const page = await open(one);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', {name: 'save as SVG'}).first().click();
  const download = await saved;
  assert.match(download.suggestedFilename(), /\.svg$/);
  const svg = readFileSync(await download.path(), 'utf8');
  const root = await page.evaluate((source) => {
    const read = new DOMParser().parseFromString(source, 'image/svg+xml');
    return read.querySelector('parsererror') ? 'error' : read.documentElement.nodeName;
  }, svg);
  assert.equal(root, 'svg');
  for (const word of ['worker-7', 'LWP 1', 'read']) assert.ok(svg.includes(word), word);
  await close(page);
});

test('a table says in words what the timeline shows', async () => {
  const page = await open(one);
  await page.getByText(/What is in view, as a table/).click();
  const cells = /LWP 1 blocked read.*312/;
  await page.getByRole('row', {name: cells}).waitFor();
  await page.getByRole('row', {name: cells}).click();
  await says(page, /lasts\s+312\s?ms/);
  await close(page);
});

test('it can be read in the dark, on paper and in Chinese', async () => {
  const brightness = (page) => page.evaluate(() =>
    getComputedStyle(document.body).backgroundColor.match(/\d+/g).reduce((a, b) => a + +b, 0));
  const dark = await open(one, {dark: true});
  assert.ok(await brightness(dark) < 150);
  await screenshot(dark, 'report-dark');
  await dark.emulateMedia({media: 'print', colorScheme: 'dark'});
  assert.ok(await brightness(dark) > 700);
  assert.equal(await dark.getByRole('searchbox').isVisible(), false);
  await screenshot(dark, 'report-print', {fullPage: true});
  await close(dark);
  const chinese = await open(report([stops], {language: 'zh'}));
  const words = await text(chinese);
  for (const word of ['发现', '时间线', '阻塞', '就绪', '纤程']) assert.ok(words.includes(word), word);
  assert.equal(await chinese.locator('html').getAttribute('lang'), 'zh');
  await screenshot(chinese, 'report-chinese');
  await close(chinese);
});

for (const dark of [false, true]) {
  test(`axe finds no serious fault, ${dark ? 'dark' : 'light'}`, async () => {
    const page = await open(both, {dark});
    await find(page, 'state:blocked');
    await says(page, /state\s+blocked/);
    for (const table of await page.getByText(/What is in view, as a table/).all()) {
      await table.click();
    }
    assert.deepEqual(await faultsOfAccess(page), []);
    await close(page);
  });
}

test('a run of the runtime itself, of every mapping', async () => {
  weft('measure', 'pipe', '--trace', 'pipe');
  const page = await open(report(['pipe']));
  await find(page, 'state:blocked read');
  await says(page, /1 of \d+/);
  await says(page, /state\s+blocked/);
  await screenshot(page, 'report-pipe');
  await close(page);
});
