import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Inject, Module, ScanError, Service, Timer } from '@micro-framework/core';

// What compilers make of decorators where `experimentalDecorators` is off.
type Standard = (value: unknown, context: { kind: string; name: string }) => void;

describe('a decorator that was compiled as a standard one', () => {
  class Clock {
    tick(): void {}
  }
  const cases: [shown: string, apply: () => void][] = [
    ['@Service on the class Clock', () => apply(Service(), Clock, 'class', 'Clock')],
    ['@Module on the class Clock', () => apply(Module({}), Clock, 'class', 'Clock')],
    ['@Timer on the method tick', () => apply(Timer(1_000), Clock.prototype.tick, 'method', 'tick')],
    ['@Inject on the field log', () => apply(Inject(), undefined, 'field', 'log')],
  ];

  for (const [shown, decorate] of cases) {
    test(`says which setting is missing: ${shown}`, () => {
      assert.throws(decorate, (error: unknown) => {
        assert.ok(error instanceof ScanError, String(error));
        assert.deepEqual(error.faults, [
          `${shown}: decorators were compiled as standard (TC39) ones: set "experimentalDecorators": true in ` +
            'tsconfig.json (and "emitDecoratorMetadata": true, where @Inject() names no token).',
        ]);
        return true;
      });
    });
  }
});

function apply(decorator: unknown, value: unknown, kind: string, name: string): void {
  (decorator as Standard)(value, { kind, name });
}
