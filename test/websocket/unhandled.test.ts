import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Connection,
  JsonRpcProtocol,
  type Offer,
  SeedProtocol,
} from '@micro-framework/websocket/internal';
import { recordingLog } from '../core/support/log.js';
import { eventually } from '../support/eventually.js';

/** A connection that keeps what is sent, and counts what is open. */
function connection(): { readonly sent: string[]; inFlight: number; readonly connection: Connection } {
  const kept = { sent: [] as string[], inFlight: 0 };
  const played = {
    isOpen: true,
    gone: new AbortController().signal,
    enter: () => {
      kept.inFlight += 1;
      return true;
    },
    leave: () => {
      kept.inFlight -= 1;
    },
    send: (text: string) => kept.sent.push(text),
  };
  return Object.assign(kept, { connection: played as unknown as Connection });
}

const broken: [how: string, call: () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('a fault of ours');
    },
  ],
  ['rejects', () => Promise.reject(new Error('a fault of ours'))],
  [
    'answers what cannot be written',
    async () => ({
      kind: 'error',
      failure: 'failed',
      error: { name: 'Error', message: '', data: { args: [1n] } },
    }),
  ],
];

for (const [how, call] of broken) {
  describe(`a request whose handling ${how}`, () => {
    const offer = { call, targets: call, near: call } as unknown as Offer;

    test('is answered with -32603 in JSON-RPC, alone and in a batch, and logged once', async () => {
      const client = connection();
      const { log, lines } = recordingLog();
      const protocol = new JsonRpcProtocol(client.connection, {
        offer,
        log,
        maxBatch: 10,
        maxBuffered: 1_000,
      });
      const request = '{"jsonrpc":"2.0","id":1,"method":"a"}';
      const error = { code: -32603, message: 'the service could not handle this request' };
      const answer = { jsonrpc: '2.0', error, id: 1 };

      protocol.receive(request);
      await eventually(() => assert.equal(client.sent.length, 1));
      protocol.receive(`[${request}]`);
      await eventually(() => assert.equal(client.sent.length, 2));

      assert.deepEqual(
        client.sent.map((text) => JSON.parse(text)),
        [answer, [answer]],
      );
      assert.deepEqual([client.inFlight, lines.length], [0, 2]);
    });

    test('is answered with an exception in the protocol of the original, and so is the next', async () => {
      const client = connection();
      const { log, lines } = recordingLog();
      const protocol = new SeedProtocol(client.connection, { offer, log, maxBuffered: 1_000 });

      for (const command of ['a', 'b']) protocol.receive(JSON.stringify({ command }));
      await eventually(() => assert.equal(client.sent.length, 2));

      for (const text of client.sent)
        assert.match(text, /"exception":"RPCException","message":"the service co/);
      assert.deepEqual([client.inFlight, lines.length], [0, 2]);
    });
  });
}

test('a batch whose answers are longer together than a text can be is answered with -32603, and logged', async () => {
  const client = connection();
  const { log, lines } = recordingLog();
  const value = 'x'.repeat(2 ** 28);
  const offer = { call: async () => ({ kind: 'result', value }) } as unknown as Offer;
  const limits = { maxBatch: 10, maxBuffered: Number.POSITIVE_INFINITY };
  const protocol = new JsonRpcProtocol(client.connection, { offer, log, ...limits });

  protocol.receive(JSON.stringify([1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, method: 'a' }))));
  await eventually(() => assert.equal(client.sent.length, 1));

  const error = { code: -32603, message: 'the service could not handle this request' };
  assert.deepEqual(JSON.parse(client.sent[0] ?? ''), { jsonrpc: '2.0', error, id: null });
  assert.deepEqual([client.inFlight, lines.length], [0, 1]);
});
