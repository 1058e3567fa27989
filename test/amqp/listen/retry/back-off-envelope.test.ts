import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openEnvelope, sealEnvelope } from '@micro-framework/amqp/internal';
import fc from 'fast-check';

const spaces = fc.constantFrom('', ' ', '\n\t ');
/** JSON with blanks in it, as people write it. */
const payloads = fc
  .tuple(fc.json(), spaces, fc.constantFrom<number | string>('', 2, '\t'))
  .map(([json, space, indent]) => `${JSON.stringify(JSON.parse(json), null, indent)}${space}`);

describe('the envelope of a message that the plug-in holds', () => {
  test('gives back the payload to the byte, whatever is in it', () => {
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 1e6 }), fc.nat(4e12), (json, retryCount, lastRetry) => {
        const opened = openEnvelope(sealEnvelope({ payload: Buffer.from(json), retryCount, lastRetry }));

        assert.equal(opened.payload.toString(), json.trim());
        assert.deepEqual([opened.retryCount, opened.lastRetry], [retryCount, lastRetry]);
      }),
    );
  });

  test('is what Python reads', () => {
    const sealed = sealEnvelope({ payload: Buffer.from('{"n": 1}'), retryCount: 2, lastRetry: 1_500 });

    assert.deepEqual(JSON.parse(sealed.toString()), {
      fn_args: [{ n: 1 }],
      fn_kwargs: {},
      _meta: { backoff: { retry_count: 2, last_retry: 1.5 } },
    });
  });

  test('may be written by others in any order, and hold what Python alone calls JSON', () => {
    const meta = '"_meta": {"backoff": {"last_retry": 1.5, "retry_count": 1}}';
    const other = `{${meta}, "fn_kwargs": {}, "fn_args": [{"x": [1, 2]}]}`;
    const python = `{"fn_args": [{"x": NaN}], ${meta}}`;

    assert.equal(openEnvelope(Buffer.from(other)).payload.toString(), '{"x":[1,2]}');
    assert.equal(openEnvelope(Buffer.from(python)).payload.toString(), '{"x": NaN}');
  });

  for (const [what, body] of [
    ['nothing', ''],
    ['null', 'null'],
    ['a payload without one', '{"n":1}'],
    ['no arguments', '{"fn_args":[],"_meta":{"backoff":{"retry_count":1,"last_retry":1}}}'],
    ['no count', '{"fn_args":[1],"_meta":{"backoff":{"last_retry":1}}}'],
    ['a count of none', '{"fn_args":[1],"_meta":{"backoff":{"retry_count":0,"last_retry":1}}}'],
    ['no time', '{"fn_args":[1],"_meta":{"backoff":{"retry_count":1}}}'],
  ])
    test(`is none: ${what}`, () => {
      assert.throws(() => openEnvelope(Buffer.from(body as string)));
    });
});
