import type { TestContext } from 'node:test';
import type { Producer } from '@micro-framework/amqp';
import { ProducerMain, WorkerProducer } from '@micro-framework/amqp/internal';
import type { Config, DependencyContext } from '@micro-framework/core';
import { fakeContext } from './fake-context.js';

/** Both halves of a producer outside of any call: `publish` resolves when the broker has confirmed. */
export interface Producing extends Pick<Producer, 'publish'> {
  /** Closes its connection before the end of the test does. */
  stop(): Promise<void>;
}

/** Connects a producer until the end of the test. */
export async function produce(t: Pick<TestContext, 'after'>, config: Partial<Config>): Promise<Producing> {
  const context = fakeContext({ options: {}, config });
  const main = new ProducerMain(context);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= context.stopShared();
    return stopped;
  };
  t.after(stop);
  await context.setupShared();
  await main.setup();
  const worker: Partial<DependencyContext> = {
    config: context.config,
    // What crosses to the main side is cloned.
    ask: (request) => main.answer(structuredClone(request), undefined),
    currentCall: () => undefined,
  };
  const producer = new WorkerProducer(worker as DependencyContext);
  return { publish: (...args) => producer.publish(...args), stop };
}
