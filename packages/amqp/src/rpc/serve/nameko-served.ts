import {
  type Fields,
  failure,
  isFields,
  type RpcAnswer,
  type RpcFailure,
  readCallIdStack,
} from '@micro-framework/core/rpc';
import type { ConsumeMessage } from '../../connection/connection.js';
import { callIdStackHeader } from '../../headers.js';
import { plainHeaders } from '../../listen/delivery.js';
import { parseJson } from '../../listen/payload/python-json.js';
import { type NamekoError, namekoErrors, namekoExchange, namekoMethod, namekoQueue } from '../wire/nameko.js';
import { pythonProperties } from '../wire/python.js';
import type { ReadRequest, ServedDialect } from './served-dialect.js';

/** What Nameko speaks, served: one queue a service; methods have no classes there, and nobody asks for targets. */
export const namekoServed: ServedDialect = {
  targetQueue: () => undefined,

  serviceQueue(service) {
    const name = `rpc-${service}`;
    return { name, topology: namekoQueue(name, `${service}.*`) };
  },

  nameOf: namekoMethod,
  read,

  reply(message, answer) {
    const { replyTo, correlationId } = message.properties;
    if (typeof replyTo !== 'string') return undefined;
    return {
      exchange: namekoExchange,
      routingKey: replyTo,
      body: Buffer.from(answerText(answer, methodOf(message))),
      properties: { ...pythonProperties(), ...(typeof correlationId === 'string' && { correlationId }) },
    };
  },

  tell: (targets) => JSON.stringify(targets.map(({ target }) => target)),
  tellOf: (_target, name) => failure('unknown-target', name),
  answers: 'queue',
  // Their requests wait in the queue until somebody takes them.
  triesAgain: false,
};

function methodOf({ fields: { routingKey } }: ConsumeMessage): string {
  return namekoMethod(routingKey);
}

function read(message: ConsumeMessage): ReadRequest {
  const body = bodyOf(message);
  const { args, kwargs } = body ?? {};
  if (!Array.isArray(args) || !isFields(kwargs)) {
    const answer = failure('unreadable', 'Message missing `args` or `kwargs`');
    return { kind: 'answered', answer };
  }
  const headers = plainHeaders(message);
  return {
    kind: 'call',
    target: methodOf(message),
    request: {
      positional: args,
      named: kwargs,
      timeout: undefined,
      callIdStack: readCallIdStack(headers[callIdStackHeader]),
      headers,
      json: 'python',
    },
  };
}

function bodyOf({ content }: ConsumeMessage): Fields | undefined {
  try {
    const body = parseJson(content.toString());
    return isFields(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function answerText(answer: RpcAnswer, method: string): string {
  if (answer.kind === 'result') return `{"result":${answer.value as string},"error":null}`;
  return `{"result":null,"error":${JSON.stringify(errorOf(answer, method))}}`;
}

function errorOf(
  { failure: why, error }: Extract<RpcAnswer, { kind: 'error' }>,
  method: string,
): NamekoError {
  const { name, message, code, data = {} } = error;
  switch (why) {
    case 'failed':
      if (code === 'RPC_UNSENDABLE') return namekos(namekoErrors.unserializable, [], message);
      return {
        exc_type: name,
        exc_path: `${typeof data.module === 'string' ? data.module : 'builtins'}.${name}`,
        exc_args: Array.isArray(data.args) ? data.args.map(safely) : [message],
        value: message,
      };
    case 'unknown-target':
      return namekos(namekoErrors.methodNotFound, [method], method);
    case 'bad-arguments':
      return namekos(namekoErrors.incorrectSignature, [message], message);
    case 'unreadable':
      return namekos(namekoErrors.malformedRequest, [message], message);
    default:
      return {
        exc_type: names[why],
        exc_path: `builtins.${names[why]}`,
        exc_args: [message],
        value: message,
      };
  }
}

type Others = Exclude<RpcFailure, 'failed' | 'unknown-target' | 'bad-arguments' | 'unreadable'>;

// Python's own that come closest: a class that nobody knows becomes a RemoteError there, by this name.
const names = {
  'timed-out': 'TimeoutError',
  unauthorized: 'PermissionError',
  crashed: 'RuntimeError',
  lost: 'RuntimeError',
  busy: 'RuntimeError',
  stopping: 'RuntimeError',
  internal: 'RuntimeError',
} as const satisfies Record<Others, string>;

function namekos(type: string, args: readonly unknown[], value: string): NamekoError {
  return { exc_type: type, exc_path: `nameko.exceptions.${type}`, exc_args: args, value };
}

/** As Nameko writes an argument: texts, and lists and dictionaries of texts. */
function safely(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(safely);
  if (isFields(value))
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, safely(field)]));
  return typeof value === 'string' ? value : pythonText(value);
}

function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}
