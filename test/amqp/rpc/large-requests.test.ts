import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startBroker } from '@micro-framework/broker';
import { AmqpRpc, AmqpRpcClient, Module, Service } from 'micro-framework';
import { serve } from './support/serve.js';

const mebibyte = 1024 * 1024;

@Service()
class Letters {
  @AmqpRpc()
  async length(text: string, ms = 0): Promise<number> {
    await wait(ms);
    return text.length;
  }
}

@Module({ services: [Letters] })
class LettersModule {}

const client = AmqpRpcClient.of<Letters>('letters', { service: 'Letters', timeout: 10_000 });

@Service()
class Idle {
  @AmqpRpc()
  idle(): void {}
}

@Module({ services: [Idle], providers: [client] })
class CallerModule {}

test('a request that is larger than the broker takes costs the calls beside it their answers once, and never again', async (t) => {
  const broker = await startBroker({ maxMessageBytes: mebibyte });
  t.after(() => broker.close());
  const settings = { amqpUri: broker.url as string, workerMode: 'inline', maxWorkers: 4 } as const;
  await serve(t, LettersModule, { ...settings, serviceName: 'letters' });
  const runner = await serve(t, CallerModule, { ...settings, serviceName: 'writer' });
  const letters = runner.get(client);
  const large = 'x'.repeat(2 * mebibyte);
  const refused = {
    code: 'RPC_UNSENDABLE',
    message: /cannot be sent: its arguments have 2097156 bytes, and the broker takes 1048576/,
  };

  const beside = assert.rejects(letters.length('beside', 300), { code: 'RPC_CONNECTION_LOST' });
  // Such a call is sent again on the next channel: not this one.
  await assert.rejects(letters.length.call([large], { idempotent: true }), refused);
  await beside;

  const unharmed = letters.length('unharmed', 300);
  await assert.rejects(letters.length(large), refused);
  assert.equal(await unharmed, 8);
});
