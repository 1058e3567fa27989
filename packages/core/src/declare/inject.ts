import {
  constructorKey,
  emittedParameterTypes,
  emittedType,
  markParameter,
  markProperty,
} from './metadata.js';
import { refuseStandardDecorators } from './standard-decorators.js';
import type { Token } from './token.js';

/** A decorator for a constructor parameter, a handler parameter, or a property. */
export type InjectDecorator = (target: object, key: string | symbol | undefined, index?: unknown) => void;

/**
 * Injects a dependency into a constructor parameter, a property, or a parameter of a handler. Without a token the
 * declared type is taken, which needs `emitDecoratorMetadata`; with one, nothing but the token is needed.
 *
 * @example
 * ```ts
 * constructor(@Inject(Producer) private readonly producer: Producer) {}
 * @Inject(Logger) private readonly log!: Logger;
 * @Timer(1_000) tick(at: Date, @Inject(CallContext) call: CallContext) {}
 * ```
 */
export function Inject(token?: Token): InjectDecorator {
  return (target, key, index) => {
    refuseStandardDecorators('Inject', key);
    if (typeof index !== 'number') {
      if (key !== undefined) markProperty(target, key, { token, emitted: emittedType(target, key) });
    } else if (key === undefined) {
      markParameter(target, constructorKey, index, {
        token,
        emitted: emittedParameterTypes(target)?.[index],
      });
    } else {
      markParameter(target, key, index, { token, emitted: emittedParameterTypes(target, key)?.[index] });
    }
  };
}
