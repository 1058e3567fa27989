import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  channel,
  closedBy,
  confirmChannel,
  connection,
  fill,
  Inbox,
  newQueue,
  next,
  quiet,
  ready,
} from '../../support/broker-client.js';
import type { Contract } from './subject.js';

const flags = (inbox: Inbox): (boolean | undefined)[] =>
  inbox.messages.map((message) => message?.fields.redelivered);

export const settling: Contract = (subject) =>
  suite('settling', () => {
    test('what is requeued returns to its place and is marked', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'abcd');
      const messages = [];
      for (let at = 0; at < 3; at++) messages.push(await next(ch, queue, false));

      ch.nack(messages[2] as never, false, true);
      ch.nack(messages[0] as never, false, true);

      await ready(ch, queue, 3);
      const inbox = await Inbox.open(ch, queue, { noAck: true });
      await inbox.first(3);
      assert.deepEqual(inbox.bodies, ['a', 'c', 'd']);
      assert.deepEqual(flags(inbox), [true, true, false]);
    });

    test('closing a channel returns what it had, in order', async (t) => {
      const conn = await connection(t, subject);
      const ch = await conn.createConfirmChannel();
      const queue = await newQueue(ch);
      await fill(ch, queue, 'abcd');
      const other = await conn.createChannel();
      await (await Inbox.open(other, queue)).first(4);

      await other.close();

      const inbox = await Inbox.open(ch, queue, { noAck: true });
      await inbox.first(4);
      assert.deepEqual(inbox.bodies, ['a', 'b', 'c', 'd']);
      assert.deepEqual(flags(inbox), [true, true, true, true]);
    });

    test('closing a connection returns what it had', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'a');
      const other = await connection(t, subject);
      await next(await other.createChannel(), queue, false);

      await other.close();

      assert.equal((await next(ch, queue)).fields.redelivered, true);
    });

    test('ack and nack with allUpTo settle everything before', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, '012345');
      const messages = [];
      for (let at = 0; at < 6; at++) messages.push(await next(ch, queue, false));

      ch.ack(messages[2] as never, true);
      ch.nack(messages[4] as never, true, true);

      await ready(ch, queue, 2);
      const inbox = await Inbox.open(ch, queue, { noAck: true });
      await inbox.first(2);
      assert.deepEqual(inbox.bodies, ['3', '4']);
    });

    test('up to a tag that is not outstanding settles nothing, though others before it are', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'abc');
      const other = await channel(t, subject);
      await next(other, queue, false);
      const second = await next(other, queue, false);
      await next(other, queue, false);
      other.ack(second);

      const { code, text } = await closedBy(other, () => other.ack(second, true));

      assert.equal(`${code} ${text}`, '406 PRECONDITION_FAILED - unknown delivery tag 2');
      await ready(ch, queue, 2);
    });

    test('what is settled twice closes the channel', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'a');
      const other = await channel(t, subject);
      const message = await next(other, queue, false);
      other.ack(message);

      const { code, text } = await closedBy(other, () => other.ack(message));

      assert.equal(`${code} ${text}`, '406 PRECONDITION_FAILED - unknown delivery tag 1');
    });

    test('ackAll and nackAll settle everything', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'ab');
      for (let at = 0; at < 2; at++) await next(ch, queue, false);
      ch.nackAll(true);
      await ready(ch, queue, 2);
      for (let at = 0; at < 2; at++) await next(ch, queue, false);

      ch.ackAll();

      await ch.recover();
      assert.equal((await ch.checkQueue(queue)).messageCount, 0);
    });

    test('recover returns everything that is not settled', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'ab');
      for (let at = 0; at < 2; at++) await next(ch, queue, false);

      await ch.recover();

      await ready(ch, queue, 2);
    });

    test('reject without requeue drops the message', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'ab');
      const message = await next(ch, queue, false);

      ch.reject(message as never, false);

      await ch.recover();
      assert.equal((await ch.checkQueue(queue)).messageCount, 1);
    });

    test('purge drops what waits and leaves what is with consumers', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'abc');
      const message = await next(ch, queue, false);

      const { messageCount } = await ch.purgeQueue(queue);

      assert.equal(messageCount, 2);
      ch.nack(message as never, false, true);
      await ready(ch, queue, 1);
    });

    test('a requeued message goes to another consumer that has room', async (t) => {
      const conn = await connection(t, subject);
      const ch = await conn.createConfirmChannel();
      const queue = await newQueue(ch);
      const [one, two] = [quiet(await conn.createChannel()), quiet(await conn.createChannel())];
      await one.prefetch(1);
      const first = await Inbox.open(one, queue);
      await fill(ch, queue, 'ab');
      await first.first(1);
      const second = await Inbox.open(two, queue);
      await second.first(1);

      await one.close();

      await second.first(2);
      assert.deepEqual(second.bodies, ['b', 'a']);
    });
  });
