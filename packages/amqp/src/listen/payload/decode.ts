import { BadInputError } from '@micro-framework/core';
import type { EventInput } from '../delivery.js';
import { parseJson } from './python-json.js';

// Malformed bytes are an error, not a replacement character in somebody's name.
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a message's JSON body. Throws a `BadInputError` for what can never be parsed. */
export function decode({ body, contentType, contentEncoding, unreadable }: EventInput): unknown {
  if (unreadable !== undefined) throw new BadInputError(unreadable);
  if (contentType !== undefined || contentEncoding !== undefined) checkType(contentType, contentEncoding);
  if (body.length === 0) throw new BadInputError('the body is empty: send JSON, if only null');
  try {
    return parseJson(typeof body === 'string' ? body : utf8.decode(body));
  } catch (cause) {
    throw new BadInputError(`the body is not JSON in UTF-8: ${(cause as Error).message}`, { cause });
  }
}

// Without a content type, as command line tools publish, it is taken for JSON.
function checkType(contentType = 'application/json', contentEncoding = 'utf-8'): void {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (!/^application\/(?:[\w.+-]+\+)?json$/.test(type.trim())) {
    throw new BadInputError(`the content type is ${contentType}: events are application/json`);
  }
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([^"]*)"?\s*$/.exec(parameter)?.[1]);
  for (const encoding of [contentEncoding, ...charset]) {
    if (encoding === undefined || /^(?:utf-?8|us-ascii|ascii)$/i.test(encoding)) continue;
    throw new BadInputError(`the content encoding is ${encoding}: events are utf-8, not compressed`);
  }
}
