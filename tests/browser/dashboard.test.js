// SPDX-License-Identifier: BSL-1.0
// The page of `weft serve --dashboard`, as in a lecture: every LWP is blocked, the page answers all
// the same, and what it is told is seen on it.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {appears, close, end, expectFast, faultsOfAccess, folder, kPatience, open, says, screenshot,
  start, text, within} from './browser.js';

const kSlow = 60_000;  // ms
let server, port, url;

before(async () => {
  writeFileSync(join(folder, 'page.txt'), 'read slowly');
  server = start('serve', '--dashboard', '--port', '0', '--root', folder, '--mapping', 'many-to-one',
    '--workers', '4', '--disk', `slow:${kSlow}`, '--lang', 'en');
  [, url] = await server.line(/(http:\/\/127\.0\.0\.1:\d+\/\?token=\w+)/);
  port = Number((await server.line(/127\.0\.0\.1:(\d+)/))[1]);
});
after(async () => {
  await end();
  await server.end();
});

// A request whose answer takes as long as the disk does.
function ask() {
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});  // the server may be started anew meanwhile
  client.write('GET /page.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  client.resume();
  return client;
}

test('the page needs its token', async () => {
  const {origin} = new URL(url);
  for (const [path, status] of [['/', 403], ['/live', 403], ['/live?token=0', 403],
    [url.slice(origin.length), 200]]) {
    assert.equal((await fetch(origin + path)).status, status, path);
  }
  const anew = await fetch(origin + '/control', {method: 'POST', body: '{"workers":"1"}'});
  assert.equal(anew.status, 403);
});

test('it answers while every LWP is blocked, and shows it', async () => {
  const client = ask();
  let answered = false;
  client.on('data', () => { answered = true; });
  const page = await open(url);
  await says(page, /\b1\s+blocked/);
  await appears(page, /^read/);
  for (let i = 0; i < 2; ++i) {
    const live = await page.waitForResponse(/\/live\?/);
    assert.equal(live.status(), 200);
  }
  assert.ok(!answered, 'the only LWP is in read all the time');
  await screenshot(page, 'dashboard-blocked');
  // Who goes from event to event looks at something: it stays until he says so.
  await page.getByRole('button', {name: 'previous event'}).click();
  const goOn = page.getByRole('button', {name: 'go on'});
  await goOn.waitFor();
  const seen = await page.locator('.said').innerText();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(await page.locator('.said').innerText(), seen);
  await goOn.click();
  for (const dark of [false, true]) {
    await page.emulateMedia({colorScheme: dark ? 'dark' : 'light'});
    await page.getByRole('button', {name: 'pause'}).or(page.getByRole('button', {name: 'go on'}))
      .first().click();  // what axe looks at holds still
    assert.deepEqual(await faultsOfAccess(page), []);
  }
  await close(page);
  client.destroy();
});

test('what is told to it is seen within two seconds', async () => {
  const page = await open(url);
  await appears(page, /^many-to-one, 1 LWP/);
  await page.getByLabel('disk, ms a read').fill('5');
  await page.getByLabel('disk, ms a read').press('Enter');
  await says(page, /started anew/);
  await page.getByLabel('load, requests/s').fill('60');
  await page.getByLabel('load, requests/s').press('Enter');
  await says(page, /\b[1-9]\d*\s+requests\/s/);
  const lwps = page.getByLabel(/^LWPs/);
  assert.ok(await lwps.isDisabled(), 'many-to-one has one LWP');
  const began = performance.now();
  await page.getByLabel('mapping').selectOption('many-to-many');
  await within(kPatience, 'the new mapping', async () =>
    (await page.evaluate(() => window.paintedWords()))
      .some(({text: word}) => word.startsWith('many-to-many,')));
  const seconds = (performance.now() - began) / 1000;
  expectFast(seconds < 2, `another mapping is seen after ${seconds.toFixed(2)} s`);
  await lwps.fill('3');
  await lwps.press('Enter');
  await appears(page, /^many-to-many, 3 LWPs/);
  await says(page, /\b[1-9]\d*\s+requests\/s/);
  await screenshot(page, 'dashboard-many-to-many');
  await close(page);
});

test('what is impossible leaves the server as it was, and says so', async () => {
  const page = await open(url);
  await appears(page, /^many-to-many, 3 LWPs/);
  await page.getByLabel('workers').fill('99999');
  await page.getByLabel('workers').press('Enter');
  await says(page, /it runs as before|is not possible/);
  await appears(page, /^many-to-many, 3 LWPs/);
  assert.match(await text(page), /requests\/s/);
  await close(page);
});
