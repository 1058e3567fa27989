import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toWireError, type WireError } from '@micro-framework/core';
import fc from 'fast-check';

/** The wire form of an error with this stack. */
function thrown(stack: string, name = 'TypeError'): WireError {
  const error = new Error('whatever');
  error.name = name;
  error.stack = stack;
  return toWireError(error);
}

const here = `TypeError: order 4711 has no price
    at Billing.bill (file:///srv/shop/dist/billing.js:12:13)
    at async Orders.place (/srv/shop/node_modules/@acme/orders/dist/index.js:7:1)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`;

describe('the hash of a stack', () => {
  test('is twelve hexadecimal digits', () => {
    assert.match(thrown(here).stackHash ?? '', /^[0-9a-f]{12}$/);
  });

  test('is the same whatever the message, the folder, the system, the lines and the columns', () => {
    const there = `TypeError: order 12
of somebody else
    at Billing.bill (D:\\apps\\billing\\billing.js:99:1)
    at Orders.place (file:///home/me/node_modules/@acme/orders/dist/index.js:1:1)`;

    assert.equal(thrown(there).stackHash, thrown(here).stackHash);
  });

  test('does not depend on the numbers of any frame', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), (lines) => {
        const moved = lines.reduce((stack, line, nth) => {
          let seen = -1;
          return stack.replace(/:\d+:\d+/g, (place) => {
            seen += 1;
            return seen === nth ? `:${line}:${line + 1}` : place;
          });
        }, here);

        assert.equal(thrown(moved).stackHash, thrown(here).stackHash);
      }),
    );
  });

  test('differs with the class of the error, the function, the file, and the file within a package', () => {
    const others = [
      thrown(here, 'RangeError'),
      thrown(here.replace('Billing.bill', 'Billing.refund')),
      thrown(here.replace('billing.js', 'refunds.js')),
      thrown(here.replace('orders/dist/index.js', 'prices/dist/index.js')),
    ].map(({ stackHash }) => stackHash);

    assert.equal(new Set([thrown(here).stackHash, ...others]).size, others.length + 1);
  });

  test('does not count how deep a recursion went', () => {
    const frame = '    at Tree.walk (/srv/tree.js:3:10)\n';

    assert.equal(
      thrown(`RangeError: deep\n${frame.repeat(9)}`).stackHash,
      thrown(`RangeError: deep\n${frame}`).stackHash,
    );
  });

  test('leaves out the frames of the framework, which differ from mode to mode', () => {
    const folder = new URL('.', import.meta.resolve('@micro-framework/core')).href;
    const hosted = here.replace('    at process.', `    at Host.run (${folder}handle/host.js:1:2)\n$&`);

    assert.notEqual(hosted, here);
    assert.equal(thrown(hosted).stackHash, thrown(here).stackHash);
  });

  test('is not there for what has no frames, or none but those of Node', () => {
    assert.equal(thrown('no stack at all').stackHash, undefined);
    assert.equal(thrown('E: m\n    at node:internal/timers:1:2').stackHash, undefined);
    assert.equal(toWireError('just text').stackHash, undefined);
  });
});
