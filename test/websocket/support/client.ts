import type { TestContext } from 'node:test';
import { RpcClient, type RpcClientOptions } from '@micro-framework/websocket/client';

/** A client that is closed at the end of the test. */
export function clientOf(
  t: Pick<TestContext, 'after'>,
  url: string,
  options: RpcClientOptions = {},
): RpcClient {
  const client = new RpcClient(url, options);
  t.after(() => client.close());
  return client;
}
