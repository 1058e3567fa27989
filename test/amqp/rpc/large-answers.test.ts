import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type BrokerOptions, startBroker } from '@micro-framework/broker';
import {
  AmqpRpc,
  AmqpRpcClient,
  Module,
  type RpcService,
  Service,
  type SettingOptions,
} from 'micro-framework';
import { serve } from './support/serve.js';

const mebibyte = 1024 * 1024;

@Service()
class Letters {
  @AmqpRpc()
  long(length: number): string {
    return 'x'.repeat(length);
  }
}

@Module({ services: [Letters] })
class LettersModule {}

const dialects = ['own', 'seed', 'nameko'] as const;
const clients = dialects.map((dialect) =>
  AmqpRpcClient.of<Letters>('letters', { service: 'Letters', timeout: 10_000, dialect }),
);

@Service()
class Idle {
  @AmqpRpc()
  idle(): void {}
}

@Module({ services: [Idle], providers: clients })
class CallerModule {}

interface Reader {
  readonly name: string;
  readonly letters: RpcService<Letters>;
}

/** Those who call the service, in each protocol. */
async function readers(t: TestContext, options: BrokerOptions, settings: SettingOptions): Promise<Reader[]> {
  const broker = await startBroker(options);
  t.after(() => broker.close());
  const amqpUri = broker.url as string;
  await serve(t, LettersModule, {
    amqpUri,
    serviceName: 'letters',
    workerMode: 'inline',
    maxWorkers: 4,
    amqpRpcDialects: dialects,
    ...settings,
  });
  const runner = await serve(t, CallerModule, { amqpUri, serviceName: 'reader', workerMode: 'inline' });
  return clients.map((client, n) => ({ name: dialects[n] as string, letters: runner.get(client) }));
}

test('an answer that is larger than the broker takes is told to its caller, and costs the others nothing', async (t) => {
  const callers = await readers(t, { maxMessageBytes: 2 * mebibyte }, {});

  for (const { name, letters } of callers) {
    const large = letters.long(3 * mebibyte);
    const others = Promise.all(Array.from({ length: 20 }, () => letters.long(5)));

    await assert.rejects(large, /the answer cannot be sent: .* and the broker takes 2097152/, name);
    assert.deepEqual(await others, Array(20).fill('xxxxx'), name);
  }
});

test('answers that are too large for the room there is wait for it', async (t) => {
  const callers = await readers(t, {}, { amqpMaxPendingBytes: mebibyte });

  for (const { name, letters } of callers) {
    const lengths = [3, 2, 3, 2].map((size) => size * mebibyte);
    const answers = await Promise.all(lengths.map((length) => letters.long(length)));

    assert.deepEqual(
      answers.map(({ length }) => length),
      lengths,
      name,
    );
  }
});
