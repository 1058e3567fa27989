import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { headerNames } from '@micro-framework/amqp';
import { openPeer } from '../support/amqp-peer.js';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { Ledger } from '../support/ledger.js';
import { type ServiceProcess, startService } from '../support/service-process.js';
import type { Errand } from './fixtures/errands-service.js';

const main = fileURLToPath(new URL('./fixtures/errands-main.js', import.meta.url));
const messages = 10;
const attempts = [1, 2, 3, 4, 5, 6];

for (const broker of brokers)
  test(`instances that share a queue on ${broker.name} count the attempts of a message together, and those that come after them go on counting`, async (t) => {
    const { uri, unique } = await broker.open();
    const peer = await openPeer(t, uri);
    const ledger = new Ledger(t);
    const serviceName = unique('errands');
    const start = (): Promise<ServiceProcess> =>
      startService(t, main, { AMQP_URI: uri, SERVICE_NAME: serviceName });
    const [one, other] = await Promise.all([start(), start()]);
    const queue = `errands.fail__${serviceName}.Errands.fail`;
    const ids = Array.from({ length: messages }, (_, n) => `m${n}`);

    const sent = Date.now();
    for (const id of ids) {
      const errand: Errand = { id, file: ledger.file };
      await peer.publish('errands.events', 'fail', { body: errand, messageId: id });
    }
    await eventually(() => assert.ok(ledger.handled().size > messages));
    for (const { child } of [one, other]) child.kill('SIGTERM');
    for (const { ended, log } of [one, other]) assert.deepEqual(await ended, [0, null], log());
    const third = await start();
    const letters = new Map<unknown, Record<string, unknown>>();
    while (letters.size < messages) {
      const { properties } = await peer.take(`${queue}.dead`);
      letters.set(properties.messageId, properties.headers ?? {});
    }

    const lines = [...ledger.handled().keys()].map((line) => line.split(' '));
    const expected = ids.flatMap((id) => attempts.map((attempt) => `${id} ${attempt}`));
    assert.deepEqual(lines.map(([id, attempt]) => `${id} ${attempt}`).sort(), expected.sort());
    const had = (service: ServiceProcess): number =>
      lines.filter(([, , pid]) => pid === String(service.child.pid)).length;
    t.diagnostic(`attempts by instance: ${[one, other, third].map(had)}`);
    for (const service of [one, other, third]) assert.ok(had(service) > 0);
    assert.deepEqual([...letters.keys()].sort(), [...ids].sort());
    for (const headers of letters.values()) {
      const { [headerNames.firstFailure]: first, [headerNames.lastFailure]: last } = headers;
      assert.equal(headers[headerNames.attempt], attempts.length);
      assert.ok(Number(first) >= sent && Number(last) - Number(first) >= 5 * 200, `${first} to ${last}`);
      assert.equal(headers[headerNames.originExchange], 'errands.events');
      assert.equal(headers[headerNames.originRoutingKey], 'fail');
      assert.equal(headers[headerNames.originQueue], queue);
    }
  });
