import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '@micro-framework/websocket/internal';
import { readSource } from '../support/sources.js';

/** `1 MiB`, `10,000 ms`, `256`. */
function amountIn(text: string): number {
  const [number = '', unit] = text.split(' ');
  return Number(number.replaceAll(',', '')) * (unit === 'MiB' ? 1024 * 1024 : 1);
}

test('the limits that hold where no others are given are those of the documentation', () => {
  const rows = readSource('docs/calls.md').matchAll(/^\| `(\w+)` +\| ([\d,]+(?: MiB| ms)?) +\|/gm);

  const documented = Object.fromEntries([...rows].map(([, name, amount = '']) => [name, amountIn(amount)]));

  assert.deepEqual(documented, defaultLimits);
  assert.deepEqual(
    Object.values(documented),
    [1_048_576, 16_777_216, 100, 256, 10_000, 1_000, 4_194_304, 25_000, 10_000],
  );
});
