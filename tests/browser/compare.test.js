// SPDX-License-Identifier: BSL-1.0
// The page of `weft compare`: its first screen is the lesson.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {pathToFileURL} from 'node:url';
import {close, end, faultsOfAccess, folder, open, painted, screenshot, text, timelines, weft}
  from './browser.js';

const html = join(folder, 'compare.html');
const kHeight = 900;

after(end);

test('the first screen shows many-to-one standing in read, and many-to-many going on', async () => {
  weft('compare', '--quick', '--seconds', '4', '--report', html, '--lang', 'en');
  const page = await open(pathToFileURL(html).href, {height: kHeight});
  await screenshot(page, 'compare');
  const boxes = await timelines(page).evaluateAll((all) => all.map((each) =>
    each.parentElement.getBoundingClientRect().toJSON()));
  assert.equal(boxes.length, 2);
  for (const {top, bottom} of boxes) {
    assert.ok(top >= 0 && bottom <= kHeight, `a timeline from ${top} to ${bottom}`);
  }
  const within = ({y}, box) => y > box.top && y < box.bottom;
  for (const [mapping, box] of [['many-to-one', boxes[0]], ['many-to-many', boxes[1]]]) {
    const heads = await painted(page, new RegExp('^' + mapping));
    assert.ok(heads.some((word) => within(word, box)), mapping);
    const reads = await painted(page, /^read/);
    assert.ok(reads.some((word) => within(word, box)), `a read of ${mapping}`);
  }
  // In the view that it begins with, the one LWP stands still and the four do not.
  assert.match(await text(page), /LWP 1 was blocked/);
  assert.deepEqual(await faultsOfAccess(page), []);
  await close(page);
});
