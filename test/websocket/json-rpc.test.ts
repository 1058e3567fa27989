import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ArithmeticModule } from './fixtures/arithmetic.js';
import { connectRaw, type RawClient } from './support/raw-client.js';
import { type Served, serve } from './support/serve.js';

const closers: (() => unknown)[] = [];
const untilTheEnd = { after: (close: () => unknown) => closers.push(close) };
let served: Served;
let client: RawClient;

before(async () => {
  served = await serve(untilTheEnd, ArithmeticModule);
  client = await connectRaw(untilTheEnd, served.url);
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

/** Nothing was answered to what was sent before: the next answer is the one to this. */
async function nothingElse(): Promise<void> {
  const answer = await client.ask({ jsonrpc: '2.0', method: 'subtract', params: [2, 1], id: 'marker' });
  assert.deepEqual(answer, { jsonrpc: '2.0', result: 1, id: 'marker' });
}

function error(code: number, id: unknown, message: RegExp): (answer: unknown) => void {
  return (answer) => {
    const { error, ...rest } = answer as { error: { code: number; message: string } };
    assert.deepEqual([rest, error.code], [{ jsonrpc: '2.0', id }, code]);
    assert.match(error.message, message);
  };
}

describe('the examples of the specification', () => {
  const answered: [what: string, request: string, response: string][] = [
    [
      'positional parameters',
      '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
      '{"jsonrpc": "2.0", "result": 19, "id": 1}',
    ],
    [
      'positional parameters, the other way round',
      '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
      '{"jsonrpc": "2.0", "result": -19, "id": 2}',
    ],
    [
      'named parameters',
      '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
      '{"jsonrpc": "2.0", "result": 19, "id": 3}',
    ],
    [
      'named parameters in another order',
      '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
      '{"jsonrpc": "2.0", "result": 19, "id": 4}',
    ],
  ];
  for (const [what, request, response] of answered) {
    test(what, async () => assert.deepEqual(await client.ask(request), JSON.parse(response)));
  }

  test('notifications', async () => {
    client.send('{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}');
    client.send('{"jsonrpc": "2.0", "method": "foobar"}');

    await nothingElse();
    const { result } = (await client.ask({ jsonrpc: '2.0', method: 'what_was_heard', id: 1 })) as {
      result: unknown;
    };
    assert.deepEqual(result, [[1, 2, 3, 4, 5]]);
  });

  test('a method that does not exist', async () => {
    const answer = await client.ask('{"jsonrpc": "2.0", "method": "foobar", "id": "1"}');

    error(-32601, '1', /^foobar does not exist/)(answer);
  });

  test('invalid JSON', async () => {
    const answer = await client.ask('{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]');

    error(-32700, null, /JSON/)(answer);
  });

  test('an invalid request', async () => {
    const answer = await client.ask('{"jsonrpc": "2.0", "method": 1, "params": "bar"}');

    error(-32600, null, /method is a string/)(answer);
  });

  test('a batch of invalid JSON', async () => {
    const answer = await client.ask(
      '[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]',
    );

    error(-32700, null, /JSON/)(answer);
  });

  test('an empty array', async () => {
    error(-32600, null, /at least one/)(await client.ask('[]'));
  });

  test('a batch that is invalid, but not empty', async () => {
    const [only, ...others] = (await client.ask('[1]')) as unknown[];

    error(-32600, null, /a request is an object/)(only);
    assert.equal(others.length, 0);
  });

  test('an invalid batch', async () => {
    const answers = (await client.ask('[1,2,3]')) as unknown[];

    assert.equal(answers.length, 3);
    for (const answer of answers) error(-32600, null, /a request is an object/)(answer);
  });

  test('a batch of many kinds', async () => {
    const answers = (await client.ask(`[
      {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": []},
      {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
    ]`)) as unknown[];

    assert.equal(answers.length, 5);
    const [sum, difference, invalid, unknown, data] = answers;
    assert.deepEqual(sum, { jsonrpc: '2.0', result: 7, id: '1' });
    assert.deepEqual(difference, { jsonrpc: '2.0', result: 19, id: '2' });
    error(-32600, null, /jsonrpc is "2.0"/)(invalid);
    error(-32601, '5', /^foo.get does not exist/)(unknown);
    assert.deepEqual(data, { jsonrpc: '2.0', result: ['hello', 5], id: '9' });
  });

  test('a batch of notifications alone', async () => {
    client.send(`[
      {"jsonrpc": "2.0", "method": "notify_hello", "params": []},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": []}
    ]`);

    await nothingElse();
  });
});

describe('a request', () => {
  const ask = (method: string, params?: unknown, more: object = {}): Promise<unknown> =>
    client.ask({ jsonrpc: '2.0', method, ...(params !== undefined && { params }), id: 7, ...more });

  test('may have any id that JSON-RPC knows, and gets it back', async () => {
    for (const id of ['', 'a"b', 0, -1, 1.5, null]) {
      assert.deepEqual(await ask('subtract', [2, 1], { id }), { jsonrpc: '2.0', result: 1, id });
    }
    for (const id of [{}, [], true]) {
      error(-32600, null, /id is a string, a number or null/)(await ask('subtract', [2, 1], { id }));
    }
  });

  const ill: [what: string, params: unknown, message: RegExp][] = [
    ['too many', [1, 2, 3], /^subtract\(\) takes 2 positional arguments but 3 were given$/],
    ['unknown', { minuend: 1, other: 2 }, /^subtract\(\) got an unexpected keyword argument 'other'$/],
    ['unknown, of a nasty name', JSON.parse('{"__proto__": 1}'), /unexpected keyword argument '__proto__'/],
  ];
  for (const [what, params, message] of ill) {
    test(`has its parameters refused when they are ${what}`, async () => {
      error(-32602, 7, message)(await ask('subtract', params));
    });
  }

  for (const name of [
    'constructor',
    'toString',
    '__proto__',
    'Odd',
    'Odd.constructor',
    'Odd.__proto__',
    'hasOwnProperty',
    '',
    'rpc.x',
    'subtract.call',
  ]) {
    test(`cannot reach '${name}', which nobody decorated`, async () => {
      error(-32601, 7, /does not exist or is not exposed/)(await ask(name));
    });
  }

  test('is told what was probably meant by a name that is nearly right', async () => {
    error(-32601, 7, /Did you mean subtract\?$/)(await ask('substract'));
    error(-32601, 7, /RPC method\.$/)(await ask('elsewhere.entirely'));
    error(-32601, 7, /RPC method\.$/)(await ask(`subtract${'t'.repeat(100)}`));
  });

  test('gets what the handler threw: name, message, code, fields; no stack, no cause', async () => {
    const { error: coded } = (await ask('Odd.coded')) as { error: { data: { data: { callId: string } } } };
    const { callId } = coded.data.data;
    assert.match(callId, /^quotes\.Odd\.coded\.[\w-]+$/);
    assert.deepEqual(coded, {
      code: 1,
      message: 'sold out',
      data: { name: 'RangeError', code: 'SOLD_OUT', data: { left: 0, callId } },
    });
    const { error: teapot } = (await ask('Odd.teapot')) as { error: { code: number; data: object } };
    assert.equal(teapot.code, 418);
    const { error: thrown } = (await ask('Odd.thrown')) as { error: { message: string } };
    assert.equal(thrown.message, "'a text' was thrown, which is not an Error");
  });

  test('gets no code of the protocol for what a handler threw', async () => {
    error(1, 7, /^posing$/)(await ask('Odd.reserved').then(withoutData));
  });

  test('gets an internal error for a result that is not JSON', async () => {
    error(-32603, 7, /the result cannot be JSON: .*BigInt/)(await ask('Odd.big').then(withoutData));
    error(-32603, 7, /the result cannot be JSON: .*circular/)(await ask('Odd.cycle').then(withoutData));
  });

  test('is answered with null for a handler that returns nothing', async () => {
    assert.deepEqual(await ask('notify_hello'), { jsonrpc: '2.0', result: null, id: 7 });
  });

  test('brings its call chain and its patience along', async () => {
    const meta = { callIdStack: ['gateway.1', 'shop.2'], timeout: 5_000 };
    const { result } = (await ask('Odd.context', [], { meta })) as {
      result: { stack: string[]; left: number };
    };

    assert.deepEqual(result.stack.slice(0, 2), meta.callIdStack);
    assert.equal(result.stack.length, 3);
    assert.ok(result.left > 0 && result.left <= 5_000, String(result.left));
    for (const ill of [1, 'x', null, { timeout: -1, callIdStack: 'x' }, { callIdStack: [1, {}] }]) {
      const { result } = (await ask('Odd.context', [], { meta: ill })) as {
        result: { stack: string[]; left: number };
      };
      assert.deepEqual([result.stack.length, result.left > 100_000], [1, true]);
    }
  });

  test('of a batch that is too long is not called', async () => {
    const batch = Array.from({ length: 101 }, (_, id) => ({
      jsonrpc: '2.0',
      method: 'subtract',
      params: [2, 1],
      id,
    }));

    error(-32600, null, /at most 100/)(await client.ask(batch));
    assert.equal(((await client.ask(batch.slice(1))) as unknown[]).length, 100);
  });

  function withoutData(answer: unknown): unknown {
    const { error, ...rest } = answer as { error: { data?: unknown } };
    delete error.data;
    return { ...rest, error };
  }
});

test('rpc.discover answers an OpenRPC document', async () => {
  const { result } = (await client.ask({ jsonrpc: '2.0', method: 'rpc.discover', id: 1 })) as {
    result: { openrpc: string; info: object; methods: { name: string; params: object[] }[] };
  };

  assert.match(result.openrpc, /^1\.\d+\.\d+$/);
  assert.deepEqual(result.info, { title: 'quotes', version: '1' });
  const subtract = result.methods.find(({ name }) => name === 'subtract');
  assert.deepEqual(subtract, {
    name: 'subtract',
    paramStructure: 'either',
    params: ['minuend', 'subtrahend'].map((name) => ({
      name,
      required: false,
      schema: {},
      'x-kind': 'positional',
      'x-default': false,
    })),
    result: { name: 'result', schema: {} },
  });
});
