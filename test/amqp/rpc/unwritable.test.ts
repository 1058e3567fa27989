import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwritableIn } from '@micro-framework/amqp/internal';

// What 255 bytes that are no UTF-8 are read as: 765 bytes.
const noText = Buffer.alloc(255, 0xff).toString();

test('an answer whose reply-to or correlation id AMQP cannot carry back is told from others', () => {
  const answer = (routingKey: string, correlationId: string): string | undefined =>
    unwritableIn({ exchange: '', routingKey, body: Buffer.of(), properties: { correlationId } });

  assert.equal(answer(noText, '1'), 'reply-to');
  assert.equal(answer('replies', noText), 'correlation id');
  assert.equal(answer('x'.repeat(255), noText.slice(0, 85)), undefined);
});
