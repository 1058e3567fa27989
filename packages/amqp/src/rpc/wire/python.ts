import type { Options } from '../../connection/connection.js';
import type { Headers } from '../../headers.js';

/** The properties that both Python frameworks give all their messages. */
export function pythonProperties(headers: Headers = {}): Options.Publish {
  return {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    headers,
    persistent: true,
    priority: 0,
  };
}
