import { readConfig, type SettingOptions } from '../config/read-config.js';
import { type DependencyToken, dependencyOf } from '../declare/token.js';
import { Deadline } from '../extend/deadline.js';
import type { DependencyMain } from '../extend/dependency.js';
import type { ExtensionContext } from '../extend/extension.js';
import { createLogger } from '../log/create-logger.js';
import { DependencyValues } from './dependency-values.js';
import { ExtensionSet, SharedExtensions } from './extension-set.js';

/** A dependency without a service. */
export interface OpenDependency<T> {
  readonly value: T;
  /** Ends what is under way within `timeout` milliseconds (default: the setting `shutdownTimeout`) and closes it. */
  close(timeout?: number): Promise<void>;
}

/**
 * Sets up one dependency by itself, for scripts and programs that are no service: its main half, what that shares, and
 * its value. Settings are those of `bootstrap`. What a package offers as its stand-alone client is made of this.
 *
 * @throws `ConfigError` for unknown options and impossible values; the dependency's own error when it cannot be set up.
 * Nothing is left running then.
 *
 * @example
 * ```ts
 * const { value: producer, close } = await openDependency(Producer, { serviceName: 'shop' });
 * await producer.publish('opened');
 * await close();
 * ```
 */
export async function openDependency<T>(
  token: DependencyToken<T>,
  options: SettingOptions = {},
): Promise<OpenDependency<T>> {
  const config = await readConfig(options, process.env);
  const log = createLogger(config);
  const shared = new SharedExtensions(log);
  const own = new ExtensionSet(log);
  const mains = new Map<string, DependencyMain>();
  const values = new DependencyValues({ config, log, mains });
  const stopping = new AbortController();
  let closed: Promise<void> | undefined;
  const close = (timeout: number = config.shutdownTimeout): Promise<void> => {
    closed ??= closeAll(Deadline.in(timeout));
    return closed;
  };
  const closeAll = async (deadline: Deadline): Promise<void> => {
    stopping.abort();
    for (const set of [shared, own]) set.close();
    await values.stop(deadline);
    await own.stop(deadline);
    await shared.stop(deadline);
  };
  const context: ExtensionContext = {
    config,
    log,
    shared: (definition) => shared.get(definition, context),
    stopping: stopping.signal,
    fail: (err) => {
      log.error({ err }, 'a dependency cannot go on and is closed');
      void close();
    },
  };
  try {
    const definition = dependencyOf(token);
    const main = await definition?.main?.(context);
    if (definition && main) {
      mains.set(definition.name, main);
      own.add(definition.name, main);
    }
    for (const set of [shared, own]) await set.setup();
    for (const set of [shared, own]) await set.start();
    return { value: values.get(token), close };
  } catch (error) {
    await close();
    throw error;
  }
}
