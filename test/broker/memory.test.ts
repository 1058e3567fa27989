import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { brokerStatus } from '@micro-framework/broker';
import { confirmChannel, eventually, Inbox, newQueue, ready } from '../support/broker-client.js';
import { dataFolder, type HostedBroker, hostBroker } from '../support/broker-process.js';

const queued = Number(process.env.MEMORY_QUEUED ?? 100_000);
const consumed = Number(process.env.MEMORY_CONSUMED ?? 100_000);
const body = Buffer.alloc(200);

/** Megabytes that the broker's process has in memory. */
function memoryOf({ child }: HostedBroker): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

// Only Linux tells one process about the memory of another.
if (process.platform === 'linux')
  suite('memory', () => {
    test(`${queued} queued messages of 200 bytes cost what the broker says they do`, async (t) => {
      const host = await hostBroker(t, {});
      const ch = await confirmChannel(t, host);
      const queue = await newQueue(ch);
      const before = memoryOf(host);

      for (let at = 0; at < queued; at += 1_000) {
        for (let one = 0; one < 1_000; one++) ch.sendToQueue(queue, body);
        await ch.waitForConfirms();
      }

      const cost = ((memoryOf(host) - before) * 1024 * 1024) / queued;
      const told = (await brokerStatus(host.url)).bytes / queued;
      t.diagnostic(`${Math.round(cost)} bytes a message, of which it tells ${Math.round(told)}`);
      assert.ok(cost < 1_000, `${cost} bytes a message`);
      assert.ok(told > cost * 0.75 && told < cost * 1.5, `${told} bytes told, ${cost} taken`);
    });

    test('messages that stay while many pass cost what the broker says they do', async (t) => {
      const host = await hostBroker(t, {});
      const ch = await confirmChannel(t, host);
      const stays = await newQueue(ch);
      const passes = await newQueue(ch);
      await Inbox.open(ch, passes, { noAck: true });
      const pass = async (turns: number, queue: string): Promise<void> => {
        for (let at = 0; at < turns; at++) {
          ch.sendToQueue(queue, body);
          for (let one = 0; one < 31; one++) ch.sendToQueue(passes, body);
          if (at % 50 === 49) await ch.waitForConfirms();
        }
      };
      await pass(1_000, passes); // until the heap has its size
      const before = memoryOf(host);

      await pass(5_000, stays);

      const taken = (memoryOf(host) - before) * 1024 * 1024;
      const told = (await brokerStatus(host.url)).bytes;
      t.diagnostic(`${taken} bytes, of which it tells ${told}`);
      // What the heap takes beside is in it, too.
      assert.ok(told > taken * 0.5 && told < taken * 1.5, `${told} bytes told, ${taken} taken`);
    });

    test(`${consumed} messages passing through leave nothing behind`, async (t) => {
      const host = await hostBroker(t, {});
      const ch = await confirmChannel(t, host);
      const queue = await newQueue(ch);
      await ch.prefetch(200);
      let received = 0;
      await ch.consume(queue, (message) => {
        received++;
        if (message) ch.ack(message);
      });
      const pass = async (count: number): Promise<void> => {
        const until = received + count;
        while (received < until) {
          const arrived = received + 1_000;
          for (let one = 0; one < 1_000; one++) ch.sendToQueue(queue, body);
          await ch.waitForConfirms();
          await eventually('them to arrive', async () => received === arrived);
        }
      };
      await pass(consumed / 2); // until the heap has its size
      const before = memoryOf(host);

      await pass(consumed / 2);

      const growth = memoryOf(host) - before;
      t.diagnostic(`${growth.toFixed(1)} MB after ${consumed} messages, at ${before.toFixed(1)} MB`);
      assert.ok(growth < 40, `${growth} MB`);
      await ready(ch, queue, 0);
    });

    test('100,000 messages are recovered', async (t) => {
      const { storage } = dataFolder();
      const first = await hostBroker(t, { storage, fsync: 'os', thread: false });
      const ch = await confirmChannel(t, first);
      await ch.assertQueue('q', { durable: true });
      for (let at = 0; at < 100_000; at += 1_000) {
        for (let one = 0; one < 1_000; one++) ch.sendToQueue('q', body, { persistent: true });
        await ch.waitForConfirms();
      }
      await first.kill();
      const empty = Date.now();
      await (await hostBroker(t, { storage: 'memory://' })).kill();
      const bare = Date.now() - empty;
      const start = Date.now();

      const second = await hostBroker(t, { storage, thread: false });

      const took = Date.now() - start - bare;
      t.diagnostic(`${took} ms besides the ${bare} ms that a process takes`);
      const again = await confirmChannel(t, second);
      await again.prefetch(10);
      await (await Inbox.open(again, 'q')).first(10);
      assert.equal((await again.checkQueue('q')).messageCount, 99_990);
    });
  });
