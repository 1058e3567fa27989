// The functions that the captured services in Python have, as one would write them here.
import { setTimeout as wait } from 'node:timers/promises';

/** An error with what Python's exceptions have. */
function exception(name: string, message: string, args: unknown[], module?: string): Error {
  return Object.assign(new Error(message), { name, args, ...(module !== undefined && { module }) });
}

export function echo(value: unknown = null): unknown {
  return value;
}

interface Keywords {
  readonly scale?: number;
}

// Python's `add(a, b, *rest, scale=1, **more)`; nothing can follow a rest parameter here.
export function add(
  a: number,
  b: number,
  rest: number | undefined,
  { scale = 1, ...more }: Keywords = {},
): unknown {
  return { sum: (a + b + (rest ?? 0)) * scale, more };
}

export function fail_value(): never {
  throw exception('ValueError', "('bad value', 42)", ['bad value', 42]);
}

export function fail_key(): never {
  throw exception('KeyError', "'missing'", ['missing']);
}

export function fail_custom(): never {
  const args = ['custom went wrong', { code: 7 }];
  throw exception('CustomError', "('custom went wrong', {'code': 7})", args, 'uf_targets');
}

export function fail_noargs(): never {
  throw exception('RuntimeError', '', []);
}

export function nothing(): void {}

export async function slow(seconds = 1): Promise<number> {
  await wait(seconds * 1_000);
  return seconds;
}

export function unserializable(): unknown {
  return 1n;
}
