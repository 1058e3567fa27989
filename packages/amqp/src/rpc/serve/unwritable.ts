import type { Publication } from '../../publish/publisher.js';

/**
 * What the request gave for its answer that AMQP cannot carry back: bytes that are no UTF-8 become three each when they are
 * read as text.
 */
export function unwritableIn({ routingKey, properties }: Publication): string | undefined {
  if (isTooLong(routingKey)) return 'reply-to';
  return isTooLong(properties?.correlationId) ? 'correlation id' : undefined;
}

function isTooLong(text: unknown): boolean {
  return typeof text === 'string' && text.length > 255 / 3 && Buffer.byteLength(text) > 255;
}
