import { ScanError } from '../errors/kernel-errors.js';

/**
 * Throws when a decorator was called the standard (TC39) way: its second argument describes what it stands on. Ours are
 * those of TypeScript's `experimentalDecorators`, the only ones for which types are emitted and parameters injected.
 */
export function refuseStandardDecorators(decorator: string, second: unknown): void {
  if (typeof second !== 'object' || second === null || !('kind' in second)) return;
  const { kind, name } = second as { readonly kind: unknown; readonly name?: unknown };
  const place = name === undefined ? '' : ` on the ${String(kind)} ${String(name)}`;
  throw ScanError.of([
    `@${decorator}${place}: decorators were compiled as standard (TC39) ones: set "experimentalDecorators": true in ` +
      'tsconfig.json (and "emitDecoratorMetadata": true, where @Inject() names no token).',
  ]);
}
