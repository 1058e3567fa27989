import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { WorkModule } from './fixtures/work.js';
import { connectRaw, type RawClient } from './support/raw-client.js';
import { serve } from './support/serve.js';

// What is on the wire, as numbers and names: clients of others know these alone.

async function code(client: RawClient, method: string, ...params: unknown[]): Promise<unknown> {
  const { error } = (await client.ask({ jsonrpc: '2.0', id: 1, method, params })) as {
    error?: { code: number };
  };
  return error?.code;
}

async function exception(client: RawClient, command: string, ...args: unknown[]): Promise<unknown> {
  const answer = await client.ask({ command, command_args: args });
  return (answer as { exception: { exception: string } | null }).exception?.exception;
}

describe('what the framework says no with', () => {
  test('is -32001 or TimeoutError where a call took too long', async (t) => {
    const { url } = await serve(t, WorkModule, { taskTimeout: 200 });
    const [client, original] = [await connectRaw(t, url), await connectRaw(t, url)];

    assert.equal(await code(client, 'Work.slow', 60_000), -32001);
    assert.equal(await exception(original, 'Work.slow', 60_000), 'TimeoutError');
  });

  test('is -32002 or RPCException where its worker died', async (t) => {
    const { url } = await serve(t, WorkModule);
    const [client, original] = [await connectRaw(t, url), await connectRaw(t, url)];

    assert.equal(await code(client, 'Work.die'), -32002);
    assert.equal(await exception(original, 'Work.die'), 'RPCException');
  });

  test('is -32004 or MaxConnectionsReached where the service stops', async (t) => {
    const { url, runner } = await serve(t, WorkModule, { tasksPerWorker: 10, shutdownTimeout: 5_000 });
    const [client, original, busy] = [
      await connectRaw(t, url),
      await connectRaw(t, url),
      await connectRaw(t, url),
    ];
    busy.send({ jsonrpc: '2.0', id: 1, method: 'Work.slow', params: [3_000] });

    await eventually(async () => {
      const answer = await client.ask({ jsonrpc: '2.0', id: 1, method: 'Work.running' });
      assert.equal((answer as { result: number }).result, 1);
    });

    const stopped = runner.stop();
    const answers = await Promise.all([code(client, 'Work.echo'), exception(original, 'Work.echo')]);
    await stopped;

    assert.deepEqual(answers, [-32004, 'MaxConnectionsReached']);
  });
});
