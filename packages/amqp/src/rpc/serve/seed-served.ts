import {
  keyError,
  malformed,
  type RpcAnswer,
  readSeedRequest,
  readSeedTargetName,
  type SeedException,
  type SeedRequest,
  seedAnswerText,
  seedCommands,
  seedTarget,
} from '@micro-framework/core/rpc';
import type { ConsumeMessage } from '../../connection/connection.js';
import { plainHeaders } from '../../listen/delivery.js';
import { parseJson } from '../../listen/payload/python-json.js';
import { pythonProperties } from '../wire/python.js';
import { seedDirectoryKey, seedExchange, seedKey, seedQueue } from '../wire/seed.js';
import type { ReadRequest, ServedDialect } from './served-dialect.js';

/** What Python's micro_framework speaks, served: a queue a target, and one for questions about targets. */
export const seedServed: ServedDialect = {
  targetQueue(service, target) {
    const name = `rpc-${service}-${target}`;
    return { name, topology: seedQueue(name, seedKey(service, target)) };
  },

  serviceQueue(service) {
    const name = `rpc-${service}-broadcast`;
    return { name, topology: seedQueue(name, seedDirectoryKey(service, '*')) };
  },

  nameOf: (target) => target,
  read,

  reply({ properties: { replyTo, correlationId } }, answer) {
    if (typeof replyTo !== 'string') return undefined;
    return {
      exchange: seedExchange,
      routingKey: replyTo,
      // JSON in JSON: their caller parses twice.
      body: Buffer.from(JSON.stringify(seedAnswerText(answer))),
      properties: { ...pythonProperties(), ...(typeof correlationId === 'string' && { correlationId }) },
    };
  },

  tell: (targets) => JSON.stringify(targets.map(seedTarget)),
  tellOf: (target, name) =>
    target ? { kind: 'result', value: JSON.stringify(seedTarget(target)) } : exceptional(keyError(name)),
  answers: 'queue',
  // Their requests wait in the queue until somebody takes them.
  triesAgain: false,
};

function read(message: ConsumeMessage): ReadRequest {
  const request = requestIn(message.content.toString());
  if ('exception' in request) return { kind: 'answered', answer: exceptional(request) };
  const { command, positional, named } = request;
  switch (command) {
    case seedCommands.list:
      return { kind: 'targets' };
    case seedCommands.get: {
      const name = readSeedTargetName(request);
      return typeof name === 'string'
        ? { kind: 'target', target: name }
        : { kind: 'answered', answer: exceptional(name) };
    }
    default:
      return {
        kind: 'call',
        target: command,
        request: {
          positional,
          named,
          timeout: undefined,
          callIdStack: [],
          headers: plainHeaders(message),
          json: 'python',
        },
      };
  }
}

function requestIn(text: string): SeedRequest | SeedException {
  try {
    const request = parseJson(text);
    // They take a text that holds it as well.
    return readSeedRequest(typeof request === 'string' ? parseJson(request) : request);
  } catch {
    return malformed(text);
  }
}

/** An exception as a handler might have thrown it. */
function exceptional({ exception, message, args, kwargs, module }: SeedException): RpcAnswer {
  const data = { args, kwargs, module };
  return { kind: 'error', failure: 'failed', error: { name: exception, message, data } };
}
