import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { readConfig } from '@micro-framework/core/internal';
import { ConfigError } from 'micro-framework';
import '@micro-framework/websocket';

async function faultsOf(webSocket: unknown): Promise<readonly string[]> {
  try {
    await readConfig({ webSocket } as object, {});
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
}

describe('the settings of the WebSocket server', () => {
  test('are this machine alone and the port of the original, unless others are given', async () => {
    const byDefault = await readConfig({}, {});
    const given = await readConfig(
      { webSocketIp: '::1' },
      { WEBSOCKET_IP: '0.0.0.0', WEBSOCKET_PORT: '9000' },
    );

    assert.deepEqual(
      [byDefault.webSocketIp, byDefault.webSocketPort, byDefault.webSocket],
      ['127.0.0.1', 8765, {}],
    );
    assert.deepEqual([given.webSocketIp, given.webSocketPort], ['::1', 9000]);
    await assert.rejects(readConfig({}, { WEBSOCKET_PORT: '70000' }), /WEBSOCKET_PORT/);
  });

  test('are never shown where keys can be among them', async () => {
    const config = await readConfig({ webSocket: { tls: { key: 'very-secret' } } }, {});

    assert.doesNotMatch(inspect(config) + JSON.stringify(config), /very-secret/);
  });

  const ill: [webSocket: unknown, fault: RegExp][] = [
    ['open', /give an object/],
    [{ authenticate: true }, /authenticate: give a function/],
    [{ authorise: () => true }, /authorise: there is no such option; there are authenticate, authorize/],
    [{ origins: 'https://a.example' }, /origins: give a list/],
    [{ path: 'rpc' }, /path: give a path/],
    [{ server: {} }, /server: give a server/],
    [{ limits: { maxPayload: 0 } }, /limits.maxPayload: give a whole number from 1 on/],
    [{ limits: { maxPayLoad: 5 } }, /limits.maxPayLoad: there is no such limit; there are maxPayload/],
    [{ limits: 5 }, /limits: give an object/],
    [{ constructor: 1 }, /constructor: there is no such option/],
    [{ tls: {}, server: { on: () => {} } }, /tls: it is for a server of our own/],
  ];
  for (const [webSocket, fault] of ill) {
    test(`are refused: ${inspect(webSocket, { breakLength: Number.POSITIVE_INFINITY })}`, async () => {
      const [only = '', ...others] = await faultsOf(webSocket);

      assert.match(only, fault);
      assert.match(only, /^option webSocket: /);
      assert.deepEqual(others, []);
    });
  }
});
