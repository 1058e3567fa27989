import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redacted } from '@micro-framework/amqp/internal';

for (const [what, uri, shown] of [
  ['its password', 'amqp://shop:secret@host:5672/orders', 'amqp://shop:***@host:5672/orders'],
  ['a password in its query', 'amqp://host?password=secret', 'amqp://host?password=***'],
  ['a token, however it is called', 'amqps://host/v?Access-Token=secret', 'amqps://host/v?Access-Token=***'],
  [
    'one of several',
    'amqp://host?heartbeat=5&token=secret&token=secret',
    'amqp://host?heartbeat=5&token=***',
  ],
  ['what is behind a #', 'amqp://host#secret', 'amqp://host#***'],
  ['an address that is none', 'amqp//secret', 'an address that cannot be parsed'],
] as const)
  test(`an address for the log does not show ${what}`, () => {
    assert.equal(redacted(uri), shown);
  });

test('an address for the log shows what is no secret', () => {
  const uri = 'amqp://shop@host:5672/orders?heartbeat=10&frameMax=8192&channelMax=5&locale=en_US';

  assert.equal(redacted(uri), uri);
});
