import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Backlog, type Pending } from '@micro-framework/amqp/internal';
import fc from 'fast-check';

const noop = (): void => {};

/** Messages that are named by their numbers. */
function backlogOf(count: number): Backlog {
  const backlog = new Backlog({ timeout: 30_000, messages: 100_000, bytes: 1e9 }, noop);
  for (let n = 0; n < count; n += 1) {
    const body = Buffer.alloc(0);
    backlog.add({ exchange: '', routingKey: String(n), body, properties: {} }, noop, noop);
  }
  return backlog;
}

function numberOf({ publication }: Pending): number {
  return Number(publication.routingKey);
}

function sendable(backlog: Backlog): Pending[] {
  const sent: Pending[] = [];
  for (let next = backlog.next(); next; next = backlog.next()) sent.push(next);
  return sent;
}

interface Search {
  /** Those that were blamed, in their order; and those that were confirmed. */
  readonly culprits: number[];
  readonly confirmed: number[];
  /** Channels that were lost, and times a confirm was waited for. */
  readonly channels: number;
  readonly waits: number;
}

/** Plays a broker that closes the channel for the bad ones, and confirms nothing of what is on it then. */
function search(backlog: Backlog, isBad: (n: number) => boolean): Search {
  const culprits: number[] = [];
  const confirmed: number[] = [];
  let [channels, waits] = [0, 0];
  for (let sent = sendable(backlog); sent.length > 0; sent = sendable(backlog)) {
    waits += 1;
    if (sent.some((pending) => isBad(numberOf(pending)))) {
      channels += 1;
      const culprit = backlog.rewind(true);
      if (culprit && backlog.remove(culprit)) culprits.push(numberOf(culprit));
      continue;
    }
    for (const pending of sent) {
      backlog.remove(pending);
      confirmed.push(numberOf(pending));
    }
  }
  return { culprits, confirmed, channels, waits };
}

describe('the search for a message that costs the channel', () => {
  test('among ten thousand takes three channels at the most, and three hundred confirms to wait for', () => {
    for (const bad of [0, 5_000, 9_999]) {
      const { culprits, confirmed, channels, waits } = search(backlogOf(10_000), (n) => n === bad);

      assert.deepEqual(culprits, [bad]);
      assert.equal(confirmed.length, 9_999);
      assert.ok(channels <= 3, `${channels}`);
      assert.ok(waits <= 310, `${waits}`);
    }
  });

  test('finds all that are bad and no other, and keeps the order, however many there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat(199), { maxLength: 5 }), (count, bad) => {
        const backlog = backlogOf(count);

        const { culprits, confirmed } = search(backlog, (n) => bad.includes(n));

        const all = Array.from({ length: count }, (_, n) => n);
        assert.deepEqual(
          culprits,
          all.filter((n) => bad.includes(n)),
        );
        assert.deepEqual(
          confirmed,
          all.filter((n) => !bad.includes(n)),
        );
        assert.equal(backlog.size, 0);
      }),
    );
  });

  test('goes on where it was after a loss that nobody is to blame for', () => {
    const backlog = backlogOf(100);
    sendable(backlog);
    backlog.rewind(true);
    assert.equal(sendable(backlog).length, 10);

    backlog.rewind(false);
    assert.equal(sendable(backlog).length, 10);
    backlog.rewind(true);
    assert.equal(sendable(backlog).length, 1);
    backlog.rewind(false);

    assert.deepEqual(sendable(backlog).map(numberOf), [0]);
  });
});
