import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Broker, type BrokerOptions, startBroker } from '@micro-framework/broker';
import type { ConfirmChannel } from 'amqplib';
import fc from 'fast-check';
import { confirmChannel, eventually, next, publish, ready, type Subject } from '../support/broker-client.js';
import { dataFolder } from '../support/broker-process.js';
import {
  contentHeader,
  field,
  frame,
  longstr,
  method,
  type Owner,
  protocolHeader,
  publishTo,
  RawClient,
  shortstr,
} from '../support/broker-raw.js';
import { Bystander } from '../support/bystander.js';
import { heldMemory } from '../support/memory.js';

const durableNames = ['q', 'short-lived', 'k'];
const name = fc.oneof(
  fc.uint8Array({ maxLength: 255 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(...durableNames).map((text) => Buffer.from(text)),
);
const someField = fc
  .tuple(name, fc.constantFrom(...'tbBsuIilLfdTDVSxFA?'), fc.uint8Array({ maxLength: 9 }))
  .map(([key, letter, value]) => field(key, letter, value));
const properties = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  name.map((text) => shortstr(text)),
  fc.array(someField, { maxLength: 3 }).map((fields) => longstr(Buffer.concat(fields))),
);
const exclusive = 4;
const durable = 2;
function declare(queue: string | Buffer, bits: number): Buffer {
  return method(50, 10, Buffer.alloc(2), shortstr(queue), Buffer.from([bits]), longstr(''));
}
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .tuple(
      fc.constantFrom(10, 20, 40, 50, 60, 85, 90),
      fc.constantFrom(10, 11, 20, 21, 30, 31, 40, 41, 50, 60, 70, 80, 90, 100, 110, 120),
      fc.uint8Array({ maxLength: 60 }),
    )
    .map(([classId, methodId, args]) => method(classId, methodId, args)),
  fc
    .tuple(fc.oneof(fc.constant(0), fc.nat({ max: 2 ** 31 })), fc.nat({ max: 0xffff }), properties)
    .map(([size, flags, bytes]) => contentHeader(size, { flags, properties: bytes })),
  fc.tuple(fc.constantFrom('', 'amq.fanout', 'amq.topic'), name).map(([x, key]) => publishTo(x, key)),
  name.map((queue) => declare(queue, exclusive)),
  fc.constantFrom(...durableNames).map((queue) => declare(queue, durable)),
  fc.constant(method(20, 10, shortstr(''))),
);
// Whole messages, most of which die at once, so that what nobody has read is rewritten.
const message = fc
  .tuple(
    fc.constantFrom('short-lived', 'short-lived', ...durableNames),
    fc.oneof(fc.nat({ max: 0xffff }), fc.constant(1 << 12)),
    fc.oneof(properties, fc.constant(Buffer.from([2]))),
  )
  .map(([queue, flags, bytes]) =>
    Buffer.concat([
      frame(1, 1, publishTo('', queue)),
      frame(2, 1, contentHeader(0, { flags, properties: bytes })),
    ]),
  );
const single = fc
  .tuple(fc.constantFrom(1, 1, 1, 2, 3, 8, 4), fc.constantFrom(0, 1, 1, 1, 2), payload)
  .map(([type, on, bytes]) => frame(type, on, bytes));
const frames = fc.array(fc.oneof(single, message), { maxLength: 12 });

// Both keep their messages in memory; what is durable goes through a journal, too, and has to be read from it again.
const storages = [
  { kind: 'memory', options: (): BrokerOptions => ({}), greetings: 100, programs: 300 },
  {
    kind: 'a journal',
    options: (): BrokerOptions => ({ storage: dataFolder().storage, fsync: 'os', thread: false }),
    greetings: 50,
    programs: 150,
  },
];

for (const { kind, options, greetings, programs } of storages)
  suite(`whatever bytes come to a broker with ${kind}`, () => {
    const faults: Error[] = [];
    const settings = { ...options(), onError: (error: Error): unknown => faults.push(error) };
    let broker: Broker & { url: string };
    let bystander: Bystander;
    let heldAtFirst = 0;
    before(async () => {
      broker = (await startBroker(settings)) as Broker & { url: string };
      bystander = await Bystander.begin(broker, 'bystander');
    });
    after(async () => {
      await bystander.close();
      await broker.close();
    });

    async function survives(
      open: (owner: Owner, broker: Subject) => Promise<RawClient>,
      ...sent: Uint8Array[]
    ): Promise<void> {
      // Not the test, which would keep every client until its end.
      let end = (): void => {};
      const client = await open({ after: (close) => (end = close) }, broker);
      try {
        client.send(...sent);
        client.socket.end();
        await client.closed();
        assert.deepEqual(faults.splice(0), []);
      } finally {
        end();
      }
    }

    async function shortLived(on: ConfirmChannel): Promise<void> {
      await on.assertQueue('dead', { maxLength: 10 });
      const deadLetters = { deadLetterExchange: '', deadLetterRoutingKey: 'dead' };
      await on.assertQueue('short-lived', { messageTtl: 1, ...deadLetters });
    }

    test('before a login, the broker lives', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, greets) => {
          const greeting = greets ? protocolHeader : Buffer.alloc(0);
          await survives(RawClient.open, greeting, bytes);
        }),
        { numRuns: greetings },
      );
    });

    test('in frames that are well formed, the broker lives, and dead letters go on', async (t) => {
      const ch = await confirmChannel(t, broker);
      await shortLived(ch);
      heldAtFirst = heldMemory();
      await fc.assert(
        fc.asyncProperty(frames, async (sent) => {
          await survives(RawClient.ready, ...sent);
        }),
        { numRuns: programs },
      );
      await shortLived(ch); // they may have deleted it
      await ch.purgeQueue('dead');
      await publish(ch, '', 'short-lived', 'x');
      assert.equal((await next(ch, 'dead')).content.toString(), 'x');
    });

    test('whoever worked meanwhile has lost nothing', async () => {
      await bystander.stop();

      assert.ok(bystander.done > greetings, `${bystander.done} messages`);
    });

    test('nothing of them is left behind', async (t) => {
      await eventually('connections to end', async () => (await broker.status()).connections === 1);

      const { queues, bytes } = await broker.status();
      // Those that nobody owns stay; some have names that chance or the broker gave them.
      assert.ok(queues.length < 20, `${queues.length} queues`);
      assert.ok(bytes < 1_000_000, `${bytes} bytes of messages`);
      const grown = (heldMemory() - heldAtFirst) / 1e6;
      t.diagnostic(`${grown} MB, ${queues.length} queues`);
      assert.ok(grown < 6, `${grown} MB`);
    });

    if (kind === 'a journal')
      test('a restart finds the durable queues, and what others put into theirs', async (t) => {
        const ch = await confirmChannel(t, broker);
        await bystander.close();
        for (let at = 0; at < 10; at++) await publish(ch, '', 'bystander', String(at), { persistent: true });
        const durableOnes = async (): Promise<string[]> =>
          (await broker.status()).queues.map(({ name }) => name).sort();
        const before = await durableOnes();

        await broker.close();
        broker = (await startBroker(settings)) as Broker & { url: string };

        assert.deepEqual(await durableOnes(), before);
        const again = await confirmChannel(t, broker);
        await ready(again, 'bystander', 10);
        await shortLived(again);
        await publish(again, '', 'short-lived', 'x', { persistent: true });
        await eventually('it to die', async () => (await again.checkQueue('dead')).messageCount > 0);
        assert.deepEqual(faults, []);
      });
  });
