import type { EntrypointDefinition, Reception, RouteOptions } from '../../extend/entrypoint.js';
import type { Route } from '../../route/route.js';
import { encodeResult, type RpcInput } from './rpc-input.js';

/** Options of what can be called, over whatever transport. */
export interface TargetOptions extends RouteOptions {
  /** What it is called by. Default: `Class.method`, or the function's name. */
  readonly name?: string;
  /** What it does, for those who ask: `info`, and whoever lists the targets. */
  readonly description?: string;
  /**
   * Its parameters as callers see them, in order, without what is injected: `'symbol'` must be given, `'currency?'` may be
   * left out. Default: the names in the method's source, all of which may be left out, since TypeScript's `?` is gone at
   * run time. Where a minifier renames parameters, callers need this to give arguments by name.
   */
  readonly params?: readonly string[];
}

/** What the entrypoints of remote calls have in common: the part of their definitions that no transport decides. */
export const targetEntrypoint: Omit<EntrypointDefinition<TargetOptions>, 'kind' | 'create' | 'claims'> = {
  optionNames: ['name', 'description', 'params'],
  returns: true,
  check,

  receive(input: unknown): Reception {
    const { args, expires } = input as RpcInput;
    // It waited for a worker until its caller had given it up.
    if (expires !== undefined && expires <= Date.now()) return { kind: 'filtered' };
    return { kind: 'call', args };
  },

  encode: (value: unknown, input: unknown): string => encodeResult(value, input as RpcInput),
};

/** What a route is called by. */
export function targetName({ target, entrypoint: { options } }: Route<TargetOptions>): string {
  return options.name ?? target;
}

function check({ name, description, params }: TargetOptions): readonly string[] {
  const faults: string[] = [];
  if (name !== undefined && !isName(name))
    faults.push('its name is none: write 1 to 255 characters without blanks.');
  if (name?.startsWith('rpc.') || name?.startsWith('__'))
    faults.push(`its name is '${name}', but names with rpc. or __ at the front are the protocols' own.`);
  if (description !== undefined && typeof description !== 'string')
    faults.push('its description is no text.');
  if (params !== undefined && !areNames(params))
    faults.push("its params are no names: write a list such as ['symbol', 'currency?'], each name once.");
  return faults;
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && /^\S{1,255}$/.test(name);
}

function areNames(params: unknown): boolean {
  if (!Array.isArray(params)) return false;
  const names = params.map((name) => (typeof name === 'string' ? name.replace(/\?$/, '') : ''));
  return names.every((name) => name !== '') && new Set(names).size === names.length;
}
