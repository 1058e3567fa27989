import type { Message, Options } from '../connection/connection.js';
import type { Headers } from '../headers.js';

/**
 * The properties of a message's copy: persistent, and mandatory. Without the expiration, which would end a wait, or a
 * dead letter, early; without the user id, which the broker takes from the sender itself only; and without what the
 * driver can read and not write: the message would go round for ever.
 */
export function copiedProperties(properties: Message['properties'], headers: Headers): Options.Publish {
  const {
    contentType,
    contentEncoding,
    correlationId,
    replyTo,
    messageId,
    timestamp,
    type,
    appId,
    priority,
  } = properties;
  const kept = { contentType, contentEncoding, correlationId, replyTo, messageId, timestamp, type, appId };
  const sendable = Object.fromEntries(Object.entries(kept).filter(([, value]) => isSendable(value)));
  return { ...sendable, priority: priority ?? 0, headers, persistent: true, mandatory: true };
}

// Bytes that are not UTF-8 grow when they are read, past the 255 that a property may have; and a time of 64 bits loses
// its last ones.
function isSendable(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  return typeof value === 'string' && Buffer.byteLength(value) <= 255;
}
