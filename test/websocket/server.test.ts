import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bootstrap, Module, Service, Timer } from 'micro-framework';
import { workerModes } from '../core/support/worker-modes.js';
import { QuotesModule } from './fixtures/quotes.js';
import { connectRaw } from './support/raw-client.js';
import { serve } from './support/serve.js';

for (const workerMode of workerModes) {
  describe(`a method called over WebSocket, in ${workerMode} mode`, () => {
    test('answers, from where it should run', async (t) => {
      const { url } = await serve(t, QuotesModule, { workerMode });
      const client = await connectRaw(t, url);

      assert.deepEqual(await client.ask({ jsonrpc: '2.0', id: 1, method: 'Quotes.price', params: ['A'] }), {
        jsonrpc: '2.0',
        result: 'A in USD',
        id: 1,
      });
      const { result } = (await client.ask({ jsonrpc: '2.0', id: 2, method: 'Quotes.where' })) as {
        result: { pid: number; main: boolean };
      };
      assert.deepEqual(
        [result.pid === process.pid, result.main],
        [workerMode !== 'process', workerMode !== 'thread'],
      );
    });
  });
}

test('a service without a method that can be called opens no port', async (t) => {
  @Service()
  class Clock {
    @Timer(60_000)
    tick(): void {}
  }
  @Module({ services: [Clock] })
  class ClockModule {}
  const runner = await bootstrap(ClockModule, {
    serviceName: 'clock',
    workerMode: 'inline',
    logLevel: 'silent',
    signals: false,
    webSocketPort: 0,
    webSocket: { onListening: () => assert.fail('it listens') },
  });
  t.after(() => runner.stop());

  assert.ok(!runner.health().parts.some(({ name }) => name === 'WebSocket server'));
});
