import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockedNotice } from '@micro-framework/amqp/internal';
import { recordingLog } from '../../core/support/log.js';
import { eventually } from '../../support/eventually.js';

const calm = 500;

test('a broker that blocks and unblocks all the time is told of once when it begins and once when it ends', async () => {
  const { log, lines } = recordingLog();
  const notice = new BlockedNotice(log, calm);

  for (let times = 0; times < 1_000; times++) {
    notice.note('low on memory');
    notice.note(undefined);
  }

  const told = (): unknown => lines.map(({ level, text, fields }) => [level, text, fields.reason]);
  const begun = ['warn', 'the broker takes no messages for now: publishers wait', 'low on memory'];
  assert.deepEqual(told(), [begun]);
  const over = ['info', 'the broker takes messages again', 'low on memory'];
  await eventually(() => assert.deepEqual(told(), [begun, over]));
  notice.note('low on disk');
  assert.equal(lines.length, 3, 'the next time is another one');
});

test('a broker that was never blocked is not told of, nor is one after the service has stopped', async () => {
  const { log, lines } = recordingLog();
  const notice = new BlockedNotice(log, 1);
  notice.note(undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(lines, []);

  notice.note('low on memory');
  notice.note(undefined);
  notice.stop();

  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(lines.length, 1);
});
