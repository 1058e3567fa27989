import type { TestContext } from 'node:test';
import type { RpcService, Runner, SettingOptions } from 'micro-framework';
import { PortfolioModule, quotesClient } from '../fixtures/callers.js';
import type { Quotes } from '../fixtures/quotes.js';
import { serve } from './serve.js';

/** A service that calls `quotes`, and the way it does. */
export interface Calling {
  readonly runner: Runner;
  readonly quotes: RpcService<Quotes>;
  /** Calls that are not settled. */
  pending(): number;
}

/** Starts a caller until the end of the test. */
export async function calling(
  t: Pick<TestContext, 'after'>,
  amqpUri: string,
  settings: SettingOptions = {},
): Promise<Calling> {
  const runner = await serve(t, PortfolioModule, {
    amqpUri,
    serviceName: 'portfolio',
    workerMode: 'inline',
    ...settings,
  });
  const pending = (): number => {
    const part = runner.health().parts.find(({ name }) => name === 'AMQP callers');
    return Number(part?.details.pending);
  };
  return { runner, quotes: runner.get(quotesClient), pending };
}
