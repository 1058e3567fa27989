import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { bootstrap, type Class, type Runner, type SettingOptions } from 'micro-framework';

/** A running service with a WebSocket server on a free port. */
export interface Served {
  readonly runner: Runner;
  readonly port: number;
  readonly url: string;
}

/** Starts a service until the end of the test. */
export async function serve(
  t: Pick<TestContext, 'after'>,
  module: Class,
  { webSocket = {}, ...settings }: SettingOptions = {},
): Promise<Served> {
  let port = 0;
  const runner = await bootstrap(module, {
    serviceName: 'quotes',
    maxWorkers: 1,
    logLevel: (process.env.TEST_LOG ?? 'silent') as 'silent',
    signals: false,
    webSocketPort: 0,
    shutdownTimeout: 500,
    ...settings,
    webSocket: {
      ...webSocket,
      onListening: (address: AddressInfo) => {
        port = address.port;
        webSocket.onListening?.(address);
      },
    },
  });
  t.after(() => runner.stop());
  return { runner, port, url: `ws://127.0.0.1:${port}` };
}
