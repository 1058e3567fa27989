import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AmqpRpc,
  AmqpRpcClient,
  AmqpRpcSystem,
  type AnyService,
  bootstrap,
  ConfigError,
  connectRpc,
  Module,
  type RpcDialect,
  ScanError,
  Service,
} from 'micro-framework';

@Service()
class Quotes {
  @AmqpRpc()
  price(): void {}
}

@Service()
class Offers {
  @AmqpRpc()
  price(): void {}
}

@Service()
class Twice {
  @AmqpRpc({ name: 'Quotes.price' })
  other(): void {}
}

@Module({ services: [Quotes, Offers] })
class EndAlikeModule {}

@Module({ services: [Quotes, Twice] })
class SameNameModule {}

const quiet = {
  amqpUri: 'memory://',
  serviceName: 'quotes',
  workerMode: 'inline',
  logLevel: 'silent',
  signals: false,
} as const;

test('two targets of one name are a fault, and so are two that Nameko could not tell apart', async () => {
  await assert.rejects(bootstrap(SameNameModule, quiet), /the AMQP target Quotes\.price/);
  await assert.rejects(
    bootstrap(EndAlikeModule, { ...quiet, amqpRpcDialects: ['own', 'nameko'] }),
    /the Nameko method price/,
  );

  const runner = await bootstrap(EndAlikeModule, quiet);

  await runner.stop();
});

test('what cannot be called is told where it is named', () => {
  assert.throws(() => AmqpRpcClient.of('no name'), ScanError);
  assert.throws(() => AmqpRpcClient.of(''), ScanError);
  const unknown = { dialect: 'klingon' as RpcDialect };
  assert.throws(() => AmqpRpcClient.of('quotes', unknown), /there is no dialect klingon/);
  assert.throws(() => AmqpRpcSystem.with(unknown), /own, seed, nameko/);
});

test('dialects are named in code or in the environment, and others are a fault', async () => {
  const faulty = { ...quiet, amqpRpcDialects: 'own,klingon' as unknown as readonly RpcDialect[] };

  await assert.rejects(bootstrap(EndAlikeModule, faulty), ConfigError);

  const named = { ...quiet, amqpRpcDialects: 'own, seed' as unknown as readonly RpcDialect[] };
  const runner = await bootstrap(EndAlikeModule, named);
  await runner.stop();
});

test('a target whose queue would have too long a name is told of', async () => {
  const name = 'x'.repeat(250);
  @Service()
  class Long {
    @AmqpRpc({ name })
    call(): void {}
  }
  @Module({ services: [Long] })
  class LongModule {}

  await assert.rejects(bootstrap(LongModule, quiet), /give @AmqpRpc a shorter name/);
});

test('services of one process call each other on a broker in memory', async (t) => {
  const amqpUri = 'memory://calls';
  const runner = await bootstrap(EndAlikeModule, { ...quiet, amqpUri });
  t.after(() => runner.stop());
  const { service, close } = await connectRpc<AnyService>(
    'quotes',
    { amqpUri, logLevel: 'silent' },
    { service: 'Offers' },
  );
  t.after(close);

  assert.equal(await service.price?.(), null);
});
