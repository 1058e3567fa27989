import { existsSync } from 'node:fs';
import { type Config, workerSettings } from './config/config.js';
import { readConfig, type SettingOptions } from './config/read-config.js';
import { knownSettings } from './config/settings.js';
import { moduleMark } from './declare/metadata.js';
import type { Class } from './declare/token.js';
import { AlreadyRunningError, StoppedWhileStartingError, WorkerStartError } from './errors/kernel-errors.js';
import { createExecutor } from './execute/create-executor.js';
import { workerSeat } from './execute/worker/seat.js';
import { planWorkers } from './execute/worker-plan.js';
import type { Logger } from './extend/logger.js';
import { createLogger } from './log/create-logger.js';
import { claimFaults } from './route/claims.js';
import { className } from './route/fault.js';
import type { RouteTable } from './route/route-table.js';
import { scan } from './route/scanner.js';
import { endByFailure, forgetRunner, isEnding, stopOnSignals } from './run/process-signals.js';
import { Runner } from './run/runner.js';

/** Settings, which win over the environment, and what concerns this call alone. */
export interface BootstrapOptions extends SettingOptions {
  /** Whether SIGTERM and SIGINT drain the service and end the process. Default: `true`. */
  readonly signals?: boolean;
}

const running = new Set<Class>();

/** The same for a module whose file cannot be found by itself: pass its `import.meta`. */
export function bootstrap(module: Class, meta: ImportMeta, options?: BootstrapOptions): Promise<Runner>;
// Last, because the compiler's message for a call that fits neither is about the last one.
/**
 * Starts a service: reads its modules, sets up what they need, starts workers and then entrypoints. Resolves with the
 * {@link Runner} once everything runs. In a worker, which imports the same file, it starts nothing and never resolves.
 *
 * @param module - class with `@Module()`
 * @param options - settings over those of the environment
 * @throws `ConfigError` for unknown options and impossible values, `ScanError` for faults of the services,
 * `WorkerStartError` when a worker cannot load them; an extension's own error when it cannot be set up. Nothing is left
 * running then.
 *
 * @example
 * ```ts
 * const runner = await bootstrap(ServiceModule, { serviceName: 'orders', workerMode: 'process' });
 * await runner.stop();
 * ```
 */
export function bootstrap(module: Class, options?: BootstrapOptions): Promise<Runner>;
export function bootstrap(
  module: Class,
  metaOrOptions: ImportMeta | BootstrapOptions = {},
  optionsAfterMeta: BootstrapOptions = {},
): Promise<Runner> {
  const seat = workerSeat();
  if (seat) {
    seat.reached();
    // What follows the call in the user's file is for the main side only.
    return new Promise(() => {});
  }
  const meta = isMeta(metaOrOptions) ? metaOrOptions : undefined;
  return start(module, meta?.url, meta ? optionsAfterMeta : (metaOrOptions as BootstrapOptions));
}

async function start(module: Class, url: string | undefined, options: BootstrapOptions): Promise<Runner> {
  const { signals = true, ...settings } = options;
  const config = await readConfig(settings, process.env);
  const table = scan(module, (routes) => claimFaults(routes, config));
  if (running.has(module)) {
    throw new AlreadyRunningError(
      `${className(module)} already runs in this process: keep the runner of the first bootstrap(), or stop() it first.`,
    );
  }
  // Whatever would start now could not be stopped in order any more.
  if (signals && isEnding()) return new Promise(() => {});
  const runner = createRunner({ module, url, table, config, log: createLogger(config) });
  running.add(module);
  if (signals) stopOnSignals(runner);
  let started = false;
  void runner.ended.then(() => {
    running.delete(module);
    // Nobody waits for a runner that fails later: the process ends with it.
    if (signals && started && runner.failure) endByFailure(runner);
    forgetRunner(runner);
  });
  try {
    await runner.start();
  } catch (error) {
    // A signal came while it started: the process is ending in order, and there is nothing to report.
    if (error instanceof StoppedWhileStartingError && signals && isEnding()) return new Promise(() => {});
    throw error;
  }
  started = true;
  return runner;
}

interface Service {
  readonly module: Class;
  readonly url: string | undefined;
  readonly table: RouteTable;
  readonly config: Config;
  readonly log: Logger;
}

function createRunner({ module, url, table, config, log }: Service): Runner {
  const plans = table.contexts.map(({ workers }) => planWorkers(workers, config));
  return new Runner({
    table,
    config,
    log,
    timeoutOf: ({ taskTimeout, context }) => taskTimeout ?? plans[context]?.taskTimeout ?? config.taskTimeout,
    createExecutor: (context, answer) => {
      const plan = plans[context] ?? planWorkers({}, config);
      const mark = moduleMark(module);
      const file = url ?? mark?.url;
      if (plan.mode !== 'inline' && (mark === undefined || !canBeImported(file))) throw unknownFile(module);
      const init = { url: file ?? '', moduleKey: mark?.key ?? '', context, settings: workerSettings(config) };
      return createExecutor({ module, plan, init, answer, log });
    },
  });
}

// `import.meta.url` of what `node -e` evaluates looks like that of a file.
function canBeImported(url: string | undefined): boolean {
  return url !== undefined && (!url.startsWith('file:') || existsSync(new URL(url)));
}

function unknownFile(module: Class): WorkerStartError {
  const name = className(module);
  return new WorkerStartError(
    `it is unknown which file declares ${name}, so workers cannot import it. What node -e or a REPL evaluates has to ` +
      `become a file, or run with workerMode: 'inline'; in a data: URL, call bootstrap(${name}, import.meta), or add ` +
      'url: import.meta.url to @Module({ ... }).',
  );
}

// `import.meta` has a url, and nothing that is a setting: options with a mistaken `url` stay options.
function isMeta(value: ImportMeta | BootstrapOptions): value is ImportMeta {
  const settings = knownSettings();
  const names = Object.keys(value);
  return 'url' in value && typeof value.url === 'string' && !names.some((name) => settings.has(name));
}
