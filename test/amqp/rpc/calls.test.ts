import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AmqpRpcClient, type RpcService } from 'micro-framework';
import { brokers } from '../../support/brokers.js';
import { PortfolioModule } from './fixtures/callers.js';
import { QuotesModule } from './fixtures/quotes.js';
import { serve } from './support/serve.js';

for (const broker of brokers) {
  describe(`over ${broker.name}`, () => {
    test('a handler calls another service, whose handler answers', async (t) => {
      const { uri } = await broker.open();
      await serve(t, QuotesModule, { amqpUri: uri });
      const caller = await serve(t, PortfolioModule, { amqpUri: uri, serviceName: 'portfolio' });
      const client = caller.get(AmqpRpcClient.of('quotes')) as RpcService<{ price(symbol: string): number }>;

      assert.equal(await client.price('ACME'), 400);
    });
  });
}
