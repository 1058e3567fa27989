import type { BaseLogger } from 'pino';
import { dependency } from '../declare/token.js';
import type { DependencyDefinition } from './dependency.js';

/**
 * Structured log (pino, JSON lines on standard output). In a handler each line carries the route and the call id,
 * wherever the logger was injected.
 *
 * @example
 * ```ts
 * constructor(@Inject(Logger) private readonly log: Logger) {}
 * @Timer(1_000) tick(firedAt: Date) { this.log.info({ firedAt }, 'tick'); }
 * ```
 */
export abstract class Logger {
  static readonly [dependency]: DependencyDefinition<Logger> = {
    name: 'Logger',
    worker: ({ log }) => ({ provide: () => log }),
  };
}

// The class is the token that survives to run time; its shape is pino's.
export interface Logger extends BaseLogger {}
