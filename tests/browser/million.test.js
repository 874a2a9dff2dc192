// SPDX-License-Identifier: BSL-1.0
// A recording of a million events: how long its report takes, how soon the page is seen, how
// smoothly it moves. The figures are printed; they are judged only with WEFT_EXPECT_FAST=1, because
// tests run on machines that do something else as well.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {pathToFileURL} from 'node:url';
import {close, comesIntoView, end, expectFast, folder, inView, kPatience, open, painted, recording,
  says, screenshot, state, timelines, within} from './browser.js';

const file = recording('million'), html = join(folder, 'million.html');
const MiB = 1024 * 1024;

after(end);

test('its report is written', async () => {
  const began = performance.now();
  const child = spawn(process.env.WEFT, ['report', file, '-o', html, '--lang', 'en'],
    {cwd: folder, stdio: 'ignore'});
  let most = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      most = Math.max(most, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] || 0));
    } catch { /* it has ended */ }
  }, 10);
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0);
  clearInterval(watch);
  const seconds = (performance.now() - began) / 1000;
  expectFast(seconds < 5, `weft report: ${seconds.toFixed(2)} s, ${(most / 1024).toFixed(0)} MiB; ` +
    `${(statSync(join(folder, file)).size / MiB).toFixed(1)} MiB of recording become ` +
    `${(statSync(html).size / MiB).toFixed(1)} MiB of page`);
});

// Frames that the page gets while `act` goes on, a second; the longest wait for one; the CPU time of
// the page's own thread for one, which says most on a machine that others use.
async function framesWhile(page, milliseconds, act) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', {timeDomain: 'threadTicks'});
  const cpu = async () => (await devtools.send('Performance.getMetrics')).metrics
    .find(({name}) => name === 'TaskDuration').value * 1000;
  const before = await cpu();
  await page.evaluate(() => {
    const frames = window.frames_ = {count: 0, longest: 0, last: performance.now(), on: true};
    frames.began = frames.last;
    requestAnimationFrame(function each(now) {
      ++frames.count;
      frames.longest = Math.max(frames.longest, now - frames.last);
      frames.last = now;
      if (frames.on) requestAnimationFrame(each);
    });
  });
  const until = performance.now() + milliseconds;
  for (let step = 0; performance.now() < until; ++step) await act(step);
  const {count, longest, began, last} = await page.evaluate(() =>
    Object.assign(window.frames_, {on: false}));
  const each = (await cpu() - before) / count;
  await devtools.detach();
  return {rate: count / (last - began) * 1000, longest, each};
}
const said = ({rate, longest, each}) => `${rate.toFixed(0)} frames/s, at most ` +
  `${longest.toFixed(0)} ms between two; ${each.toFixed(1)} ms of CPU for one`;

test('the page is seen at once, and moves', async () => {
  const page = await open(pathToFileURL(html).href);
  const first = await page.evaluate(() =>
    performance.getEntriesByName('first-contentful-paint')[0].startTime);
  await says(page, /1,000,000 events/);
  assert.ok((await painted(page, /^LWP 4$/)).length, 'the first paint shows the lanes');
  expectFast(first < 1000, `first paint: ${first.toFixed(0)} ms`);
  await screenshot(page, 'million');

  const whole = await inView(page), box = await timelines(page).first().boundingBox();
  const x = box.x + box.width / 2, y = box.y + 100;
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -120);
  await page.mouse.wheel(0, -120);
  await comesIntoView(page, (t) => t < whole * 0.7);
  await page.mouse.down();
  const dragged = await framesWhile(page, 2000, (step) =>
    page.mouse.move(x + 150 * Math.sin(step / 10), y));
  await page.mouse.up();
  expectFast(dragged.rate >= 30, `half of it in view, dragged: ${said(dragged)}`);
  const moved = await framesWhile(page, 2000, (step) => page.mouse.wheel(step % 60 < 30 ? 20 : -20, 0));
  expectFast(moved.rate >= 30, `half of it in view, moved by the wheel: ${said(moved)}`);
  const zoomed = await framesWhile(page, 2000, (step) => page.mouse.wheel(0, step % 60 < 30 ? -60 : 60));
  expectFast(zoomed.rate >= 30, `zoomed by the wheel: ${said(zoomed)}`);
  await screenshot(page, 'million-near');
  await close(page);
});

test('lanes beyond two hundred are folded until they are asked for', async () => {
  const page = await open(pathToFileURL(html).href);
  const height = () => timelines(page).first().evaluate((canvas) =>
    canvas.parentElement.scrollHeight);
  const folded = await height();
  const more = page.getByRole('button', {name: /show \d+ more lanes/});
  assert.match(await more.innerText(), /show 1001 more/);
  await more.click();
  await more.waitFor({state: 'detached'});
  assert.ok(await height() > folded * 4, `${folded}, now ${await height()}`);
  // One that was folded is found, too.
  await page.getByRole('searchbox').fill('name:worker-1201 state:blocked');
  await page.getByRole('searchbox').press('Enter');
  await says(page, /lane\s+worker-1201\s+state\s+blocked/);
  // And so it is by whom the address is sent to.
  await within(kPatience, 'the address', async () => /[#&]s=/.test(state(page)));
  const address = page.url();
  await close(page);
  const theirs = await open(address);
  await says(theirs, /lane\s+worker-1201\s+state\s+blocked/);
  assert.ok(await timelines(theirs).first().evaluate((canvas) =>
    canvas.parentElement.scrollHeight) > folded * 4, 'its lane is there');
  assert.ok(await timelines(theirs).first().evaluate((canvas) =>
    canvas.closest('.lanes').scrollTop) > 0, 'and in sight');
  await close(theirs);
});
