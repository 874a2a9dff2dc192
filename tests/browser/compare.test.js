// SPDX-License-Identifier: BSL-1.0
// The page of `weft compare`: its first screen is the lesson.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {pathToFileURL} from 'node:url';
import {close, end, faultsOfAccess, folder, open, painted, screenshot, timelines, weft}
  from './browser.js';

const html = join(folder, 'compare.html');
const kHeight = 900;

after(end);

test('the first screen shows many-to-one standing in read, and many-to-many going on', async () => {
  weft('compare', '--quick', '--seconds', '4', '--report', html, '--lang', 'en');
  const page = await open(pathToFileURL(html).href, {height: kHeight});
  await screenshot(page, 'compare');
  assert.equal(await timelines(page).count(), 2);
  const tops = await timelines(page).evaluateAll((all) =>
    all.map((each) => each.getBoundingClientRect().top));
  const seen = async (pattern) =>
    (await painted(page, pattern)).map(({y}) => y).filter((y) => y < kHeight);
  const [one] = await seen(/^many-to-one, 1 LWP/), [many] = await seen(/^many-to-many, 4 LWPs/);
  assert.ok(one > tops[0] && one < tops[1] && many > tops[1], `${tops}: ${one}, ${many}`);
  // The one LWP stands in a read, and the lanes of the four are there to compare with.
  assert.ok((await seen(/^read/)).some((y) => y < tops[1]), 'the label of the blocked read');
  for (const lwp of [1, 2, 3, 4]) {
    assert.ok((await seen(new RegExp(`^LWP ${lwp}$`))).some((y) => y > tops[1]), `LWP ${lwp}`);
  }
  assert.deepEqual(await faultsOfAccess(page), []);
  await close(page);
});
