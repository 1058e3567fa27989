import type { WireError } from '../../errors/wire-error.js';
import type { RpcAnswer, RpcFailure } from '../answer.js';
import { isFields } from '../fields.js';
import type { GivenArguments } from '../signature/bind-arguments.js';
import type { Parameter } from '../signature/signature.js';
import type { TargetInfo } from '../signature/target-info.js';

// What Python's micro_framework puts into its requests and answers, over any transport.

/** The commands that tell of targets. */
export const seedCommands = { list: '__list_targets__', get: '__get_target__' } as const;

/** A request as it came. */
export interface SeedRequest extends GivenArguments {
  readonly command: string;
}

/** An exception as it is written. */
export interface SeedException {
  readonly exception: string;
  readonly message: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Where Python finds its class; null for its own. */
  readonly module: string | null;
}

/** A target as `__get_target__` tells of it. */
export interface SeedTarget {
  readonly target: string;
  readonly args: readonly string[];
  readonly kwargs: readonly string[];
  readonly docstring: string | null;
}

/** Reads a request; an exception for what is none. */
export function readSeedRequest(message: unknown): SeedRequest | SeedException {
  if (!isFields(message) || typeof message.command !== 'string') return malformed(JSON.stringify(message));
  const { command, command_args: args = [], command_kwargs: kwargs = {} } = message;
  const positional = iterated(args);
  if (!positional) return typeError(`Value after * must be an iterable, not ${pythonType(args)}`);
  if (!isFields(kwargs)) return typeError(`argument after ** must be a mapping, not ${pythonType(kwargs)}`);
  return { command, positional, named: kwargs };
}

/** Which target `__get_target__` asks for; an exception for what is no name. */
export function readSeedTargetName({ positional, named }: SeedRequest): string | SeedException {
  const name = positional[0] ?? named.target ?? '';
  return typeof name === 'string' ? name : typeError(`a target's name is a str, not ${pythonType(name)}`);
}

/** The exception for what is no request at all. */
export function malformed(text: string): SeedException {
  return frameworkException(
    'RPCMalformedMessage',
    `RPCManager received unknown message structure: ${clip(text)}`,
  );
}

/** The exception of `__get_target__` for a name that nothing has. */
export function keyError(key: string): SeedException {
  return { exception: 'KeyError', message: `'${key}'`, args: [key], kwargs: {}, module: null };
}

/** What stands for a call without a result. */
export function seedException({ failure, error }: Extract<RpcAnswer, { kind: 'error' }>): SeedException {
  if (failure === 'failed') return thrown(error);
  const name = names[failure];
  return name in builtins ? builtin(name, error.message) : frameworkException(name, error.message);
}

const names = {
  'bad-arguments': 'TypeError',
  crashed: 'RPCException',
  'timed-out': 'TimeoutError',
  busy: 'MaxConnectionsReached',
  // Callers wait and try again, as they should.
  stopping: 'MaxConnectionsReached',
  'unknown-target': 'RPCTargetDoesNotExist',
  unauthorized: 'PermissionError',
  unreadable: 'RPCMalformedMessage',
  lost: 'RPCException',
  internal: 'RPCException',
} as const satisfies Record<Exclude<RpcFailure, 'failed'>, string>;

const builtins = { TypeError: true, TimeoutError: true, PermissionError: true } as const;

/** A handler's error. Its own `args`, `kwargs` and `module`, if it has such, are Python's. */
function thrown({ name, message, data = {} }: WireError): SeedException {
  const { args, kwargs, module } = data;
  return {
    exception: name,
    message,
    args: Array.isArray(args) ? args : message === '' ? [] : [message],
    kwargs: isFields(kwargs) ? kwargs : {},
    module: typeof module === 'string' ? module : null,
  };
}

function builtin(exception: string, message: string): SeedException {
  return { exception, message, args: [message], kwargs: {}, module: null };
}

function frameworkException(exception: string, message: string): SeedException {
  return { exception, message, args: [message], kwargs: {}, module: 'micro_framework.exceptions' };
}

function typeError(message: string): SeedException {
  return builtin('TypeError', message);
}

/** The error that an exception tells of; undefined for what is none. */
export function readSeedException(value: unknown): WireError | undefined {
  if (!isFields(value) || typeof value.exception !== 'string') return undefined;
  const { exception, message, args, kwargs, module } = value;
  return {
    name: exception,
    message: typeof message === 'string' ? message : '',
    data: { args, kwargs, module },
  };
}

/** A target as Python tells of it: `args` have no default, `kwargs` have one or are given by name alone. */
export function seedTarget({ target, parameters, description }: TargetInfo): SeedTarget {
  const isArgument = ({ kind, hasDefault }: Parameter): boolean =>
    kind === 'rest' || (kind === 'positional' && !hasDefault);
  return {
    target,
    args: parameters.filter(isArgument).map(({ name }) => name),
    kwargs: parameters.filter((parameter) => !isArgument(parameter)).map(({ name }) => name),
    docstring: description ?? null,
  };
}

/** What Python told of its targets. Throws when that makes no sense. */
export function readSeedTargets(value: unknown): readonly TargetInfo[] {
  if (!Array.isArray(value)) throw new TypeError(`${seedCommands.list} told of no targets`);
  return value.map(readSeedTarget).filter((target) => target !== undefined);
}

/** What Python told of a target; undefined for what is no such thing. */
function readSeedTarget(value: unknown): TargetInfo | undefined {
  if (!isFields(value) || typeof value.target !== 'string') return undefined;
  const { target, args, kwargs, docstring } = value;
  const parameter =
    (hasDefault: boolean) =>
    (name: unknown): Parameter => {
      return { name: String(name), kind: 'positional', hasDefault, required: !hasDefault };
    };
  return {
    target,
    // Of targets by path the original does not know the parameters, and says so in words.
    parameters: [
      ...(Array.isArray(args) ? args.map(parameter(false)) : []),
      ...(Array.isArray(kwargs) ? kwargs.map(parameter(true)) : []),
    ],
    description: typeof docstring === 'string' ? docstring : undefined,
  };
}

// Python's `*args` takes whatever can be iterated: of an object its keys, of a text its characters.
function iterated(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [...value];
  return isFields(value) ? Object.keys(value) : undefined;
}

function pythonType(value: unknown): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'string' ? 'str' : Array.isArray(value) ? 'list' : 'dict';
}

function clip(text: string): string {
  return text.length > 1_000 ? `${text.slice(0, 1_000)}...` : text;
}
