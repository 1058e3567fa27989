import { inspect } from 'node:util';
import { dependency } from '../declare/token.js';
import type { DependencyDefinition } from '../extend/dependency.js';
import type { Settings } from './kernel-settings.js';
import { knownSettings } from './settings.js';

/**
 * All settings of the running service, checked. Secrets are left out when it is printed.
 *
 * @example
 * ```ts
 * constructor(@Inject(Config) private readonly config: Config) {}
 * ```
 */
export class Config {
  static readonly [dependency]: DependencyDefinition<Config> = {
    name: 'Config',
    worker: ({ config }) => ({ provide: () => config }),
  };

  constructor(settings: Settings) {
    Object.assign(this, settings);
    Object.freeze(this);
  }

  /** The settings, secrets replaced. */
  toJSON(): Record<string, unknown> {
    const shown = ([name, value]: [string, unknown]): [string, unknown] => [
      name,
      knownSettings().get(name)?.secret && value !== undefined ? '[redacted]' : value,
    ];
    return Object.fromEntries(Object.entries(this).map(shown));
  }

  /** What `console.log` shows: the settings, secrets replaced. */
  [inspect.custom](): unknown {
    return this.toJSON();
  }
}

export interface Config extends Settings {}

/** The settings that workers get: plain data. */
export function workerSettings(settings: Settings): Settings {
  const known = knownSettings();
  const own = Object.entries(settings).filter(([name]) => !known.get(name)?.mainOnly);
  return Object.fromEntries(own) as unknown as Settings;
}
