import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AckWindow, Delivery, type OpenChannel } from '@micro-framework/amqp/internal';

/** A delivery, and what is sent for it. */
function delivered(headers: object = { bytes: Buffer.from('abc'), list: [Buffer.from('d')] }): {
  delivery: Delivery;
  sent: string[];
  close(): void;
} {
  const sent: string[] = [];
  let open = true;
  const channel = {
    ack: () => sent.push('ack'),
    nack: (_message: unknown, _upTo: boolean, requeue: boolean) => sent.push(requeue ? 'requeue' : 'drop'),
  };
  const link = { channel, isOpen: () => open, closed: new Promise(() => {}) };
  const message = {
    content: Buffer.from('{}'),
    fields: {
      exchange: 'shop.events',
      routingKey: 'placed',
      deliveryTag: 1,
      redelivered: false,
      consumerTag: 'c',
    },
    properties: { headers },
  };
  const delivery = new Delivery(message as never, 'q', new AckWindow(link as unknown as OpenChannel));
  return {
    delivery,
    sent,
    close: () => {
      open = false;
    },
  };
}

describe('a delivery', () => {
  test('is settled once, however often it is asked', async () => {
    const { delivery, sent } = delivered();

    const acknowledged = delivery.ack();
    delivery.requeue();
    await delivery.ack();
    await acknowledged;

    assert.deepEqual(sent, ['ack']);
    assert.equal(delivery.isOpen, false);
  });

  test('whose channel has gone is not settled at all: its tag is another message on the next one', async () => {
    const { delivery, sent, close } = delivered();

    close();
    await delivery.ack();

    assert.deepEqual(sent, []);
  });

  test('hands over headers whose bytes own their memory', () => {
    const { headers = {} } = delivered().delivery.toRequest();

    assert.deepEqual(headers, { bytes: new Uint8Array([97, 98, 99]), list: [new Uint8Array([100])] });
    assert.equal((headers.bytes as Uint8Array).buffer.byteLength, 3);
  });

  test('can be taken however deeply its headers are nested', () => {
    let nested = {};
    for (let depth = 0; depth < 20_000; depth++) nested = depth % 2 ? { nested } : [nested];

    const { headers = {} } = delivered({ nested, tenant: 'a' }).delivery.toRequest();

    assert.equal(headers.tenant, 'a');
    assert.ok(JSON.stringify(headers).length < 1_000);
  });

  test('comes with the last of the calls that led to it, however many its sender names', () => {
    const many = Array.from({ length: 5_000 }, (_, n) => `call-${n}`);
    const { delivery } = delivered({ 'nameko.call_id_stack': many });

    assert.deepEqual(delivery.toRequest().callIdStack, many.slice(-11));
  });
});
