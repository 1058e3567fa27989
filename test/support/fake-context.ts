import type {
  CallRequest,
  Config,
  Ending,
  EntrypointContext,
  Extension,
  Logger,
  RouteOptions,
  SharedDefinition,
} from '@micro-framework/core';
import { Deadline } from '@micro-framework/core';
import type { LogLine } from '../core/support/log.js';

/** The runner's part, played by a test. */
export interface FakeParts<Options extends RouteOptions> {
  readonly options: Options;
  readonly config: Partial<Config>;
  /** Ends the calls, one after the other as they come. Default: all succeed. */
  dispatch?(request: CallRequest): Promise<Ending> | Ending;
}

/** The context of one entrypoint, and what it told the runner. */
export interface FakeContext<Options extends RouteOptions> extends EntrypointContext<Options> {
  /** What was handed to `dispatch`, by itself or in batches. */
  readonly requests: CallRequest[];
  /** How many messages each batch had. */
  readonly batches: number[];
  readonly failures: Error[];
  /** Messages logged at `warn` and above. */
  readonly logged: string[];
  /** The same, whole. */
  readonly lines: LogLine[];
  /** Sets up what the entrypoint shares, as a runner does before its entrypoints. */
  setupShared(): Promise<void>;
  /** Resolves when all calls have ended and were settled. */
  drained(): Promise<void>;
  stopShared(): Promise<void>;
}

export const succeeded: Ending = { kind: 'ack', value: undefined, filtered: false };

const defaults: Partial<Config> = {
  serviceName: 'tested',
  delayStrategy: 'queues',
  amqpHeartbeat: 10,
  amqpEventExchanges: 'auto-delete',
  amqpConnectTimeout: 4_000,
  amqpStartTimeout: 0,
  amqpPublishTimeout: 30_000,
  amqpMaxPending: 50_000,
  amqpMaxPendingBytes: 64 * 1024 * 1024,
};

export function fakeContext<Options extends RouteOptions>({
  options,
  config,
  dispatch = () => succeeded,
}: FakeParts<Options>): FakeContext<Options> {
  const shared = new Map<unknown, Extension>();
  const inFlight = new Set<Promise<unknown>>();
  const failures: Error[] = [];
  const logged: string[] = [];
  const requests: CallRequest[] = [];
  const batches: number[] = [];
  const lines: LogLine[] = [];
  const note =
    (level: string) =>
    (fields: Record<string, unknown>, text: string): void => {
      logged.push(text);
      lines.push({ level, fields, text });
    };
  const quiet = (): void => {};
  const log = {
    trace: quiet,
    debug: quiet,
    info: quiet,
    warn: note('warn'),
    error: note('error'),
    fatal: note('fatal'),
  };
  const context: FakeContext<Options> = {
    config: { ...defaults, ...config } as Config,
    log: log as unknown as Logger,
    capacity: 10,
    route: {
      id: '0/0/handle',
      target: 'Service.handle',
      file: 'file:///app/service.js',
      backOff: options.backOff,
      entrypoint: { options },
    } as FakeContext<Options>['route'],
    requests,
    batches,
    failures,
    logged,
    lines,
    stopping: new AbortController().signal,
    fail: (error) => failures.push(error),
    shared<T extends Extension>(definition: SharedDefinition<T>): T {
      const made = shared.get(definition) ?? definition.create(context);
      shared.set(definition, made);
      return made as T;
    },
    signature: async () => undefined,
    async dispatch(request, settle) {
      const work = (async () => {
        requests.push(request);
        const ending = await dispatch(request);
        await settle?.(ending);
        return ending;
      })();
      inFlight.add(work);
      return work.finally(() => inFlight.delete(work));
    },
    async dispatchBatch(batch, settle) {
      batches.push(batch.length);
      return Promise.all(
        batch.map((request, index) => context.dispatch(request, (ending) => settle?.(ending, index))),
      );
    },
    async setupShared() {
      for (const extension of shared.values()) await extension.setup?.();
    },
    async drained() {
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
    },
    async stopShared() {
      const inReverse = [...shared.values()].reverse();
      shared.clear();
      for (const extension of inReverse) await extension.stop?.(Deadline.in(2_000));
    },
  };
  return context;
}
