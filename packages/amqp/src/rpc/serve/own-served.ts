import { failure, type RpcAnswer, readCallIdStack } from '@micro-framework/core/rpc';
import type { ConsumeMessage } from '../../connection/connection.js';
import { callIdStackHeader } from '../../headers.js';
import { plainHeaders } from '../../listen/delivery.js';
import type { Topology } from '../../topology/topology.js';
import { callQueue, directoryQueueName, idempotentHeader, targetQueueName } from '../wire/own.js';
import type { ReadRequest, RequestQueue, ServedDialect } from './served-dialect.js';

/** This framework's own protocol, served. */
export const ownServed: ServedDialect = {
  targetQueue: (service, target) => queueOf(targetQueueName(service, target)),
  serviceQueue: (service) => queueOf(directoryQueueName(service)),
  nameOf: (target) => target,
  read: (message, target) => (target === undefined ? { kind: 'targets' } : readCall(message, target)),

  reply({ properties: { replyTo, correlationId } }, answer) {
    if (typeof replyTo !== 'string') return undefined;
    return {
      exchange: '',
      routingKey: replyTo,
      body: Buffer.from(answerText(answer)),
      properties: {
        contentType: 'application/json',
        ...(typeof correlationId === 'string' && { correlationId }),
      },
    };
  },

  tell: (targets) => JSON.stringify(targets),
  tellOf: (target, name) =>
    target
      ? { kind: 'result', value: JSON.stringify(target) }
      : failure('unknown-target', `there is no ${name}`),
  answers: 'direct',
  triesAgain: true,
};

function queueOf(name: string): RequestQueue {
  const topology: Topology = { exchanges: [], queues: [callQueue(name)], bindings: [] };
  return { name, topology };
}

function readCall(message: ConsumeMessage, target: string): ReadRequest {
  const { fields, properties, content } = message;
  const headers = plainHeaders(message);
  if (fields.redelivered && headers[idempotentHeader] !== true) {
    const text = `${target}: the connection of who had the call was lost; it may have run`;
    return { kind: 'answered', answer: failure('lost', text) };
  }
  const params = parse(content);
  if (typeof params !== 'object' || params === null) {
    const text = `${target}: the arguments of a call are a JSON array, or an object of named ones`;
    return { kind: 'answered', answer: failure('unreadable', text) };
  }
  const isList = Array.isArray(params);
  const timeout = Number(properties.expiration);
  return {
    kind: 'call',
    target,
    request: {
      positional: isList ? params : nothingByPlace,
      named: isList ? nothingByName : (params as Readonly<Record<string, unknown>>),
      timeout: timeout > 0 ? timeout : undefined,
      callIdStack: readCallIdStack(headers[callIdStackHeader]),
      headers,
      json: 'plain',
    },
  };
}

const nothingByPlace: readonly unknown[] = [];
const nothingByName: Readonly<Record<string, unknown>> = {};

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}

function answerText(answer: RpcAnswer): string {
  if (answer.kind === 'result') return `{"result":${answer.value as string}}`;
  return JSON.stringify({ error: { failure: answer.failure, ...answer.error } });
}
