import { pino } from 'pino';
import type { Logger } from '../extend/logger.js';
import { serializeError } from './serialize-error.js';

/** Makes a side's logger. `bindings` adds what belongs to the running call to each line. */
export function createLogger(
  { serviceName, logLevel }: { readonly serviceName: string; readonly logLevel: string },
  bindings: () => object = () => ({}),
): Logger {
  return pino({
    level: logLevel,
    base: { service: serviceName },
    mixin: bindings,
    serializers: { err: serializeError },
  });
}
