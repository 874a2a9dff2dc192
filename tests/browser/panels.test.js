// SPDX-License-Identifier: BSL-1.0
// What stands around the timeline: tables that are sorted, the graph of who waits for whom, the steps
// of a run, which lanes are shown, figures that are saved.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, test} from 'node:test';
import {appears, close, end, kPatience, open, painted, recording, report, says, screenshot, text, within}
  from './browser.js';

const address = report([recording('one-read-stops')]);

after(end);

test('a click on a column\'s head sorts the table', async () => {
  const page = await open(address);
  const table = page.getByRole('table', {name: 'Fibers'});
  if (!await table.isVisible()) await page.getByText('Fibers', {exact: true}).last().click();
  const head = table.getByRole('columnheader', {name: 'fiber'});
  const names = () => table.getByRole('row').evaluateAll((rows) =>
    rows.slice(1).map((row) => row.firstElementChild.textContent));
  const all = (await names()).sort();
  assert.deepEqual(all.slice(0, 2), ['main', 'worker-1']);
  await head.getByRole('button').click();
  const order = await head.getAttribute('aria-sort');
  assert.deepEqual(await names(), order === 'ascending' ? all : [...all].reverse());
  await head.getByRole('button').click();
  assert.notEqual(await head.getAttribute('aria-sort'), order);
  assert.deepEqual(await names(), order === 'ascending' ? [...all].reverse() : all);
  await close(page);
});

test('a run is gone through event by event', async () => {
  const page = await open(address);
  await page.getByRole('button', {name: 'next event'}).click();
  const [first] = await says(page, /At [\d.]+\s(ns|µs|ms)[^\n]*\n[^\n]+/);
  await page.keyboard.press(']');
  await within(kPatience, 'another event', async () =>
    (await says(page, /At [\d.]+\s(ns|µs|ms)[^\n]*\n[^\n]+/))[0] !== first);
  await page.getByRole('button', {name: 'previous event'}).click();
  await within(kPatience, 'the first again', async () =>
    (await says(page, /At [\d.]+\s(ns|µs|ms)[^\n]*\n[^\n]+/))[0] === first);
  for (let i = 0; i < 40 && !/is blocked in read/.test(await text(page)); ++i) {
    const before = await text(page);
    await page.keyboard.press(']');
    await within(kPatience, 'another event', async () => await text(page) !== before);
  }
  assert.match(await text(page), /worker-7 is blocked in read, and LWP 1 with it/);
  await screenshot(page, 'panels-step');
  await close(page);
});

test('who waits for whom is drawn, and saved', async () => {
  const page = await open(address);
  await page.getByRole('searchbox').fill('state:blocked');
  await page.getByRole('searchbox').press('Enter');
  const graph = page.getByRole('img', {name: /Who waits for whom at/});
  await graph.scrollIntoViewIfNeeded();
  const drawn = await graph.evaluate((svg) => svg.textContent);
  for (const word of ['main', 'worker-7', 'read']) assert.ok(drawn.includes(word), word);
  await screenshot(page, 'panels-graph');
  const names = [];
  for (const button of await page.getByRole('button', {name: /SVG/}).all()) {
    const saved = page.waitForEvent('download');
    await button.click();
    const download = await saved;
    const svg = readFileSync(await download.path(), 'utf8');
    const root = await page.evaluate((source) => {
      const read = new DOMParser().parseFromString(source, 'image/svg+xml');
      return read.querySelector('parsererror')?.textContent || read.documentElement.nodeName;
    }, svg);
    assert.equal(root, 'svg', download.suggestedFilename());
    names.push(download.suggestedFilename());
  }
  assert.ok(names.length >= 3, `timeline, counters, graph: ${names}`);
  await close(page);
});

test('who holds a mutex now is drawn, not who held it when the waiting began', async () => {
  const page = await open(report([recording('handed-over')]));
  await page.getByRole('searchbox').fill('name:holder state:running dur>50ms');
  await page.getByRole('searchbox').press('Enter');
  const graph = page.getByRole('img', {name: /Who waits for whom at/});
  await graph.scrollIntoViewIfNeeded();
  const drawn = await graph.evaluate((svg) => svg.textContent);
  for (const word of ['first', 'second', 'holder', 'mutex log', 'mutex table']) {
    assert.ok(drawn.includes(word), word);
  }
  assert.doesNotMatch(drawn, /circle/);
  await screenshot(page, 'panels-handed-over');
  await close(page);
});

test('lanes of fibers are left out', async () => {
  const page = await open(address);
  await appears(page, /^worker-7$/);
  await page.getByRole('checkbox', {name: 'Fibers'}).uncheck();
  await within(kPatience, 'no fiber', async () => (await painted(page, /^worker-7$/)).length === 0);
  assert.equal((await painted(page, /^LWP 1$/)).length, 1);
  await page.getByRole('checkbox', {name: 'Fibers'}).check();
  await appears(page, /^worker-7$/);
  await close(page);
});
