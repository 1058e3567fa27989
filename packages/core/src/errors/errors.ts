/** What every error class of the framework can be made from: a sentence, and the error that led to it. */
export type KnownErrorClass = new (message: string, options?: ErrorOptions) => FrameworkError;

/**
 * Base of all errors the framework throws. `message` says what was wrong, where, and what to do; `cause`
 * holds the error underneath. Compare `code`, not the class: it survives threads, processes and bundlers.
 *
 * @example
 * ```ts
 * try { await bootstrap(ServiceModule); }
 * catch (error) { if (error instanceof FrameworkError && error.code === 'BAD_CONFIG') process.exit(78); throw error; }
 * ```
 */
export abstract class FrameworkError extends Error {
  /** Stable, documented in docs/errors.md. */
  declare readonly code: string;
}

const classes = new Map<string, KnownErrorClass>();

/**
 * Class decorator: gives an error class its code and makes it known by it, so that its errors keep their
 * class when they cross from a worker to the main side.
 *
 * @example
 * ```ts
 * @knownError('PUBLISH_REFUSED')
 * export class PublishRefusedError extends FrameworkError {}
 * ```
 */
export function knownError(code: string): (target: KnownErrorClass) => void {
  return (target) => {
    classes.set(code, target);
    const fixed = { configurable: true, writable: true };
    Object.defineProperty(target.prototype, 'code', { ...fixed, enumerable: true, value: code });
    Object.defineProperty(target.prototype, 'name', { ...fixed, value: target.name });
  };
}

/** Every known error class by its code. What the documentation is checked against. */
export function knownErrors(): ReadonlyMap<string, KnownErrorClass> {
  return classes;
}
