import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { headerNames } from '@micro-framework/amqp';
import { originalHeaders, readHistory, retryHeaders } from '@micro-framework/amqp/internal';
import fc from 'fast-check';

const delivered = { exchange: 'shop.events', routingKey: 'placed', queue: 'shop.placed__s.C.m' };
const home = { exchange: '', routingKey: delivered.queue, queue: delivered.queue };
const error = { name: 'TypeError', message: 'no', code: 'E_NO' };

describe('the headers of a retried message', () => {
  test('tell the next delivery which attempt it is, and where the message came from', () => {
    const first = readHistory({}, delivered);
    const headers = retryHeaders({ history: first, error, call: 'c1', now: 1_000 }, 2);
    const second = readHistory(headers, home);
    const third = readHistory(retryHeaders({ history: second, error, call: 'c1', now: 2_000 }, 3), home);

    assert.deepEqual(first, {
      attempt: 1,
      firstFailure: undefined,
      lastFailure: undefined,
      origin: delivered,
    });
    assert.deepEqual(second, { attempt: 2, firstFailure: 1_000, lastFailure: 1_000, origin: delivered });
    assert.deepEqual(third, { attempt: 3, firstFailure: 1_000, lastFailure: 2_000, origin: delivered });
  });

  test('do not count in another queue', () => {
    const headers = retryHeaders({ history: readHistory({}, delivered), error, call: 'c1', now: 1_000 }, 5);

    assert.equal(readHistory(headers, { ...home, queue: 'another' }).attempt, 1);
  });

  test('may hold anything without harm', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.values(headerNames), '__proto__'), fc.anything()),
        (headers) => {
          const history = readHistory({ ...headers, [headerNames.originQueue]: delivered.queue }, delivered);

          assert.ok(Number.isInteger(history.attempt) && history.attempt >= 1);
          assert.equal(typeof history.origin.exchange, 'string');
        },
      ),
    );
  });

  test('count only as far as they can be written again', () => {
    const forged = {
      [headerNames.originQueue]: delivered.queue,
      [headerNames.firstFailure]: -1e300,
      [headerNames.lastFailure]: 1e300,
      [headerNames.originExchange]: 'e'.repeat(30_000),
      [headerNames.originRoutingKey]: 'k'.repeat(30_000),
    };

    assert.equal(readHistory({ ...forged, [headerNames.attempt]: 1e308 }, home).attempt, 1);
    assert.deepEqual(readHistory({ ...forged, [headerNames.attempt]: 2 }, home), {
      attempt: 2,
      firstFailure: undefined,
      lastFailure: undefined,
      origin: home,
    });
  });

  test('of the sender are kept; those of the framework and of the broker are not', () => {
    const kept = { tenant: 'a', 'x-mine': 1, 'nameko.locale': 'de' };
    const dropped = {
      'x-death': [{}],
      'x-first-death-queue': 'q',
      'x-last-death-reason': 'r',
      'x-mf-attempt': 3,
      CC: ['other'],
      BCC: ['other'],
    };

    assert.deepEqual(originalHeaders({ ...kept, ...dropped }), kept);
  });

  test('hold no text that would not fit beside the others', () => {
    const long = { name: 'Error', message: 'x'.repeat(1_000_000) };
    const headers = retryHeaders({ history: readHistory({}, delivered), error: long, call: 'c1', now: 1 }, 2);

    assert.ok(JSON.stringify(headers).length < 5_000);
  });
});
