import assert from 'node:assert/strict';
import {
  annotate,
  BadInputError,
  type CallRequest,
  type Ending,
  type EntrypointContext,
  type EntrypointDecorator,
  type EntrypointDefinition,
  type RouteOptions,
} from '@micro-framework/core';

/** Options of `@Probe`. */
export interface ProbeOptions extends RouteOptions {
  /** What the route claims for itself; `{target}` stands for its target. */
  readonly claims?: readonly string[];
  /** What `check` finds wrong. */
  readonly faults?: readonly string[];
}

const contexts = new Map<string, EntrypointContext<ProbeOptions>>();

function define(kind: string, arity?: number): EntrypointDefinition<ProbeOptions> {
  return {
    kind,
    ...(arity !== undefined && { arity }),
    optionNames: ['claims', 'faults'],
    returns: true,
    check: ({ faults = [] }) => faults,
    claims: ({ target, entrypoint }) =>
      (entrypoint.options.claims ?? []).map((claim) => claim.replace('{target}', target)),
    create: (context) => {
      contexts.set(context.route.target, context);
      return { stop: () => void contexts.delete(context.route.target) };
    },
    receive: (input) => {
      if (input === 'filter me') return { kind: 'filtered' };
      if (input === 'malformed') throw new BadInputError('the input is malformed');
      if (input === 'broken filter') throw new TypeError('the filter is broken');
      return { kind: 'call', args: input as unknown[] };
    },
  };
}

const probe = define('Probe');
const probeOfOne = define('ProbeOfOne', 1);

/** An entrypoint that tests trigger by hand; its handlers get the arguments of `call` and answer it. */
export function Probe(options: ProbeOptions = {}): EntrypointDecorator {
  return annotate(probe, options);
}

/** The same for handlers of one argument. */
export function ProbeOfOne(options: ProbeOptions = {}): EntrypointDecorator {
  return annotate(probeOfOne, options);
}

/** Calls the probe of a running route; resolves with its ending. */
export function call(target: string, ...args: unknown[]): Promise<Ending> {
  return request(target, { input: args });
}

/** The same with all that an entrypoint can say. */
export async function request(
  target: string,
  what: CallRequest,
  settle?: (ending: Ending) => Promise<void> | void,
): Promise<Ending> {
  return contextOf(target).dispatch(what, settle);
}

/** What the handler of a running route returns. */
export async function answerOf(target: string, ...args: unknown[]): Promise<unknown> {
  const ending = await call(target, ...args);
  assert.equal(ending.kind, 'ack', JSON.stringify(ending));
  return ending.kind === 'ack' ? ending.value : undefined;
}

/** The main-side half of a running route. */
export function contextOf(target: string): EntrypointContext<ProbeOptions> {
  return contexts.get(target) ?? assert.fail(`no route ${target} runs; there are ${[...contexts.keys()]}`);
}
