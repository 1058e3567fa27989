import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  bootstrap,
  type Class,
  Module,
  ScanError,
  Service,
  WebSocketRpc,
  WebSocketRpcClient,
  type WebSocketRpcOptions,
} from 'micro-framework';
import { PathModule } from './fixtures/path-module.js';
import { clientOf } from './support/client.js';
import { serve } from './support/serve.js';

async function faultsOf(...services: Class[]): Promise<readonly string[]> {
  @Module({ services })
  class TestModule {}
  const options = { workerMode: 'inline', logLevel: 'silent', signals: false, webSocketPort: 0 } as const;
  try {
    await (await bootstrap(TestModule, options)).stop();
    return [];
  } catch (error) {
    assert.ok(error instanceof ScanError, String(error));
    return error.faults.map((fault) => fault.replaceAll(/ \(\/.*?\)/g, ''));
  }
}

function serviceWith(options: WebSocketRpcOptions, name = 'Quotes'): Class {
  class Quotes {
    @WebSocketRpc(options)
    price(): void {}
  }
  Service({ name })(Quotes);
  return Quotes;
}

describe('what is declared', () => {
  const ill: [options: WebSocketRpcOptions, fault: string][] = [
    [{ name: '' }, 'its name is none: write 1 to 255 characters without blanks.'],
    [{ name: 'a b' }, 'its name is none: write 1 to 255 characters without blanks.'],
    [
      { name: 'rpc.price' },
      "its name is 'rpc.price', but names with rpc. or __ at the front are the protocols' own.",
    ],
    [
      { name: '__price' },
      "its name is '__price', but names with rpc. or __ at the front are the protocols' own.",
    ],
    [
      { params: ['a', 'a?'] },
      "its params are no names: write a list such as ['symbol', 'currency?'], each name once.",
    ],
    [{ description: 5 as never }, 'its description is no text.'],
  ];
  for (const [options, fault] of ill) {
    test(`is refused at the start: ${JSON.stringify(options)}`, async () => {
      assert.deepEqual(await faultsOf(serviceWith(options)), [`@WebSocketRpc on Quotes.price: ${fault}`]);
    });
  }

  test('is offered once under each name', async () => {
    const faults = await faultsOf(serviceWith({ name: 'price' }), serviceWith({ name: 'price' }, 'Other'));

    assert.deepEqual(faults, [
      'the WebSocket target price is claimed by Quotes.price and by Other.price. Only one of them would get each ' +
        'message: remove one, or give one a queue or name of its own.',
    ]);
  });

  test('is not offered under a name that a minifier made, unless it has one of its own', async () => {
    class Minified {
      @WebSocketRpc()
      price(): void {}
    }
    Object.defineProperty(Minified, 'name', { value: 'e' });
    Service()(Minified);
    class Named {
      @WebSocketRpc({ name: 'price' })
      price(): void {}
    }
    Object.defineProperty(Named, 'name', { value: 't' });
    Service()(Named);

    const [fault = '', ...others] = await faultsOf(Minified, Named);

    assert.match(fault, /^@WebSocketRpc on e\.price: the name is as short as a minifier's/);
    assert.deepEqual(others, []);
  });
});

for (const workerMode of ['inline', 'thread'] as const) {
  test(`targets by path tell their parameters, in ${workerMode} mode, though the main side never sees them`, async (t) => {
    const { url } = await serve(t, PathModule, { workerMode });
    const client = clientOf(t, url);

    const targets = await client.targets();

    const shown = targets.map(({ target, parameters }) => [
      target,
      parameters.map(({ name, kind }) => `${kind} ${name}`),
    ]);
    assert.deepEqual(shown, [
      ['greet', ['positional name', 'keyword greeting', 'keywords more']],
      ['plus', ['positional a', 'positional b']],
    ]);
    assert.equal(await client.call('plus', [1]), 2);
    assert.deepEqual(await client.call('greet', ['Ada', { greeting: 'good morning' }]), [
      'good morning, Ada',
      {},
    ]);
    await assert.rejects(client.call('plus', [1, 2, 3]), { code: 'RPC_BAD_ARGUMENTS' });
  });
}

test('the address of a client is checked where it is named', () => {
  for (const [host, port] of [
    ['', 8765],
    ['host/path', 8765],
    ['host', 0],
    ['host', 70_000],
    ['host', Number.NaN],
  ] as const) {
    assert.throws(
      () => WebSocketRpcClient.at(host, port),
      /WebSocketRpcClient\.at\(.*\): (its host|its port)/,
    );
  }
  for (const [host, path, fault] of [
    ['host', 'quotes', /its path is none: it begins with a slash/],
    ['host', '/a#b', /ws:\/\/host:8765\/a#b ends in #b, which no server gets: leave it out\.$/],
    ['1.2.3.400', '/', /ws:\/\/1\.2\.3\.400:8765\/ is no URL/],
  ] as const) {
    assert.throws(() => WebSocketRpcClient.at(host, 8765, { path }), fault);
  }
  assert.ok(WebSocketRpcClient.at('host', 8765, { path: '?token=a b' }));
  assert.equal(WebSocketRpcClient.at('::1'), WebSocketRpcClient.at('::1', 8765));
  assert.notEqual(WebSocketRpcClient.at('::1'), WebSocketRpcClient.at('::1', 8765, { timeout: 1 }));
});
