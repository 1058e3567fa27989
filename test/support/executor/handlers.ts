import cluster from 'node:cluster';
import { writeFileSync } from 'node:fs';
import { isMainThread, parentPort } from 'node:worker_threads';

/** What a fixture's handler is given beside its input. */
interface Running {
  readonly signal: AbortSignal;
  /** Calls this worker has begun, this one included. */
  readonly count: number;
  readonly worker: string;
  /** When it must have ended, in milliseconds since 1970. */
  readonly deadline: number;
  ask(request: unknown, background?: boolean): Promise<unknown>;
}

export type Handler = (input: never, running: Running) => unknown;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const block = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};
const forever = new Promise(() => {});

/** As deep as asked. */
export function nested(kind: 'objects' | 'arrays', depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = kind === 'objects' ? { a: value } : [value];
  return value;
}

/** Well-behaved and other handlers, by the routes the tests call. */
export const handlers: Record<string, Handler> = {
  echo: (input) => input,
  who: (_input, { worker, count }) => ({ worker, count }),
  timeLeft: (_input, { deadline }) => deadline - Date.now(),
  sleep: async (ms: number) => {
    await pause(ms);
    return ms;
  },
  work: async ({ n, ms }: { n: number; ms: number }, { worker }) => {
    if (ms > 0) await pause(ms);
    return { n, worker };
  },
  tell: async ({ n, ms }: { n: number; ms: number }, { ask }) => {
    await ask({ began: n });
    if (ms > 0) await pause(ms);
  },
  env: (name: string) => process.env[name],
  setEnv: ([name, value]: [string, string]) => {
    process.env[name] = value;
  },
  flags: () => process.execArgv,
  global: (name: string) => (globalThis as Record<string, unknown>)[name],
  ask: (request, { ask }) => ask(request),
  askALot: async (times: number, { ask }) => {
    let sum = 0;
    for (let i = 0; i < times; i += 1) sum += (await ask(i)) as number;
    return sum;
  },
  askFunction: (_input, { ask }) => ask(() => 1),
  askInBackground: (file: string, { ask }) => {
    ask('in the background', true).catch((error: { code: string }) => writeFileSync(file, error.code));
  },

  throw: (message: string) => {
    throw Object.assign(new RangeError(message), { code: 'E_RANGE', limit: 3 });
  },
  throwUndefined: () => {
    throw undefined;
  },
  rejectUndefined: () => Promise.reject(undefined),
  throwFunction: () => {
    throw { f() {} };
  },
  returnFunction: () => () => 1,
  returnNested: ({ kind, depth }: { kind: 'objects' | 'arrays'; depth: number }) => nested(kind, depth),
  returnCircle: () => {
    const circle: { self?: unknown; twice?: unknown[] } = {};
    circle.self = circle;
    circle.twice = [circle, circle];
    return circle;
  },
  returnGetter: () => ({
    get boom() {
      throw new Error('a getter threw');
    },
  }),

  exit: (code: number) => process.exit(code),
  exitAfterwards: (input: string) => {
    setImmediate(() => process.exit(3));
    return input;
  },
  // What it leaves behind begins when its result is out, and ends the worker when the next call has come.
  leaveBehind: (end: 'exit' | 'rejection') => {
    void (async () => {
      for (let turn = 0; turn < 20; turn += 1)
        await new Promise<void>((resolve) => process.nextTick(resolve));
      block(200);
      if (end === 'exit') process.exit(3);
      throw new Error('nobody waits for it');
    })();
  },
  kill: () => {
    if (!isMainThread) process.exit(9);
    process.kill(process.pid, 'SIGKILL');
    return forever;
  },
  throwLater: (message: string) => {
    setImmediate(() => {
      throw new Error(message);
    });
    return forever;
  },
  throwWhenIdle: (message: string) => {
    setTimeout(() => {
      throw new Error(message);
    }, 100);
  },
  throwUndefinedLater: () => {
    setImmediate(() => {
      throw undefined;
    });
    return forever;
  },
  rejectLater: (message: string) => {
    setImmediate(() => void Promise.reject(new Error(message)));
    return forever;
  },
  spin: () => {
    for (;;);
  },
  never: () => forever,
  untilAborted: (_input, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
  resolveWhenAborted: (_input, { signal }) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve('too late'));
    }),
  /** Writes down when it was last alive. */
  allocate: (file: string) => {
    const held: unknown[] = [];
    for (;;) {
      writeFileSync(file, String(Date.now()));
      held.push(new Array(10_000).fill(held.length).map(String));
    }
  },
  talk: () => {
    // What a handler sends by itself is nobody's message.
    if (isMainThread) {
      process.send?.('hello');
      process.send?.({ hello: 1 });
      process.send?.({ workerId: 1e9, taskId: 'x' });
    }
    return 'talked';
  },
  say: (message: object) => {
    if (isMainThread) process.send?.(message);
    else parentPort?.postMessage(message);
    return forever;
  },
  sayToPoolifier: (message: object) => {
    process.send?.({ ...message, workerId: cluster.worker?.id });
    return forever;
  },
  disconnect: () => {
    process.disconnect?.();
    return forever;
  },
};
