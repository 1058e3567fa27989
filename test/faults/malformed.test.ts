import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { headerNames } from '@micro-framework/amqp';
import type { GetMessage } from 'amqplib';
import { openPeer, type PeerMessage } from '../support/amqp-peer.js';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { queue, startEntries } from './entries.js';

const dead = `${queue}.dead`;
const large = 10 * 1024 * 1024;

const malformed: Record<string, PeerMessage> = {
  'is cut off': { body: '{"id":"1","file":' },
  'is no JSON': { body: 'id=1&file=ledger' },
  'is empty': { body: '' },
  'is 10 MB of no JSON': { body: randomBytes(large) },
  'is 10 MB of JSON without its end': { body: `{"id":"${'x'.repeat(large)}"` },
  'is nested without end': { body: '['.repeat(1_000_000) },
  'is no UTF-8': { body: Uint8Array.of(0x22, 0xff, 0xfe, 0x22) },
  'has another content type': { body: '{}', contentType: 'application/x-protobuf' },
  'has an unknown encoding': { body: '{}', contentEncoding: 'gzip' },
};

for (const broker of brokers)
  describe(`a message on ${broker.name}`, () => {
    for (const workerMode of ['thread', 'process'] as const)
      test(`that nobody can read is dead-lettered once, untouched, and no handler in a ${workerMode} is called for it`, async (t) => {
        const uri = await broker.openEmpty();
        const entries = await startEntries(t, uri, { workerMode });
        const peer = await openPeer(t, uri);

        for (const [what, message] of Object.entries(malformed)) {
          await peer.send(queue, { ...message, messageId: what });
          await entries.publish();
        }
        await entries.halt();

        const letters = new Map<unknown, GetMessage>();
        while (letters.size < Object.keys(malformed).length) {
          const letter = await eventually(async () => (await peer.get(dead)) ?? assert.fail(), 60_000);
          letters.set(letter.properties.messageId, letter);
        }
        for (const [what, { body }] of Object.entries(malformed)) {
          const { content, properties } = letters.get(what) ?? assert.fail(`${what}: not dead`);
          const { [headerNames.reason]: reason, [headerNames.errorCode]: code } = properties.headers ?? {};
          assert.deepEqual([what, reason, code], [what, 'rejected', 'BAD_INPUT']);
          assert.ok(content.equals(Buffer.from(body as Uint8Array)), `${what}: its body was changed`);
        }
        assert.deepEqual([await peer.count(queue), await peer.count(dead)], [0, 0]);
        // Nothing was called but for the good ones, and each of the others came once.
        assert.deepEqual([...entries.ledger.handled().keys()].sort(), [...entries.ledger.confirmed].sort());
        assert.equal(entries.ledger.assertNoneMissing().duplicates, 0);
        const { rejected, succeeded, failed, crashed, timedOut } =
          entries.runner.routes[0]?.counts ?? assert.fail();
        assert.deepEqual([rejected, succeeded], [letters.size, entries.ledger.confirmed.size]);
        assert.deepEqual([failed, crashed, timedOut], [0, 0, 0]);
      });
  });
