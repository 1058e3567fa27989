import { randomUUID } from 'node:crypto';
import { type AnswerOutcome, type Fields, isFields } from '@micro-framework/core/rpc';
import { callIdStackHeaders } from '../../../headers.js';
import { parseJson } from '../../../listen/payload/python-json.js';
import { namekoErrors, namekoExchange, namekoQueue } from '../../wire/nameko.js';
import { pythonProperties } from '../../wire/python.js';
import type { CalledDialect } from './called-dialect.js';

/** What Nameko speaks, called. It has no way to ask for targets. */
export const namekoCalled: CalledDialect = {
  notifies: true,
  confirms: true,
  directory: undefined,

  replyQueue(service) {
    const address = randomUUID();
    const name = `rpc.reply-${service}-${address}`;
    return {
      name,
      address,
      topology: namekoQueue(name, address, { 'x-expires': 300_000 }),
      isTemporary: true,
    };
  },

  request({ target, params, callIdStack, headers }, { to, correlation, replyTo }) {
    const isWanted = correlation !== undefined;
    return {
      exchange: namekoExchange,
      routingKey: `${to}.${target}`,
      body: Buffer.from(`{"args":${params},"kwargs":{}}`),
      properties: {
        ...pythonProperties({ ...headers, ...callIdStackHeaders(callIdStack) }),
        mandatory: isWanted,
        ...(isWanted && { correlationId: correlation, replyTo }),
      },
    };
  },

  answer: ({ content }) => answerIn(content.toString()),
};

function answerIn(text: string): AnswerOutcome {
  let answer: unknown;
  try {
    answer = parseJson(text);
  } catch {
    answer = undefined;
  }
  if (!isFields(answer))
    return { kind: 'refused', refusal: 'protocol', message: 'what it answered makes no sense' };
  return isFields(answer.error) ? failed(answer.error) : { kind: 'result', value: answer.result };
}

function failed({ exc_type: type, exc_path: path, exc_args: args, value }: Fields): AnswerOutcome {
  const message = typeof value === 'string' ? value : '';
  switch (type) {
    case namekoErrors.methodNotFound:
      return { kind: 'refused', refusal: 'unknown-target', message: `it has no method ${message}` };
    case namekoErrors.incorrectSignature:
      return { kind: 'refused', refusal: 'bad-arguments', message };
    case namekoErrors.malformedRequest:
      return { kind: 'refused', refusal: 'protocol', message };
    case namekoErrors.unserializable:
      return { kind: 'refused', refusal: 'unsendable', message };
    default: {
      const name = typeof type === 'string' ? type : 'Error';
      return { kind: 'thrown', error: { name, message, data: { args, path } } };
    }
  }
}
