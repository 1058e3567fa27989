import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OpenSocket, SocketEvents } from '@micro-framework/websocket/client';
import { clientOf } from './support/client.js';

interface Tried {
  /** Milliseconds between the tries to connect. */
  readonly pauses: number[];
  readonly openSocket: OpenSocket;
}

/** Sockets that do what the test says when they are opened; the first is number 0. */
function sockets(opened: (events: SocketEvents, count: number) => void): Tried {
  const pauses: number[] = [];
  let last: number | undefined;
  return {
    pauses,
    openSocket(_url, _protocols, events) {
      const now = performance.now();
      if (last !== undefined) pauses.push(now - last);
      last = now;
      const count = pauses.length;
      setTimeout(() => opened(events, count), 0);
      return { protocol: '', bufferedAmount: 0, send: () => {}, close: () => {} };
    },
  };
}

const refused = { reason: 'refused', unauthorized: false };

describe('a connection that cannot be made', () => {
  test('is tried again after pauses that grow', async (t) => {
    t.mock.method(Math, 'random', () => 0);
    const { pauses, openSocket } = sockets((events) => events.ended(refused));
    const client = clientOf(t, 'ws://nowhere', { openSocket });

    await assert.rejects(client.call('echo', [], { timeout: 1_400 }), {
      code: 'RPC_UNREACHABLE',
      message: /refused/,
    });

    assert.equal(pauses.length, 3, String(pauses));
    for (const [tries, least] of [100, 200, 400].entries())
      assert.ok((pauses[tries] ?? 0) > least - 5, `${pauses} after ${tries} more`);
  });

  test('is tried again soon once there was one', async (t) => {
    t.mock.method(Math, 'random', () => 0);
    const { pauses, openSocket } = sockets((events, count) => {
      if (count === 3) events.opened();
      events.ended(refused);
    });
    const client = clientOf(t, 'ws://nowhere', { openSocket });

    await assert.rejects(client.call('echo', [], { idempotent: true, timeout: 1_400 }));

    const [, , third = 0, fourth = 0] = pauses;
    assert.ok(fourth > 95 && fourth < third, String(pauses));
  });
});
