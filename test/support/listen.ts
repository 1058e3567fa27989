import type { TestContext } from 'node:test';
import { type Batched, EventListener, type EventListenerOptions, QueueListener } from '@micro-framework/amqp';
import type { EventOptions } from '@micro-framework/amqp/internal';
import {
  type CallRequest,
  type Config,
  Deadline,
  type Ending,
  type EntrypointMark,
  type Extension,
} from '@micro-framework/core';
import { type FakeContext, fakeContext } from './fake-context.js';

/** A listener's main-side half alone: what its calls end as is the test's choice. */
export interface Listening {
  readonly context: FakeContext<EventOptions>;
  readonly consumer: { stop(): Promise<void> };
  /** Its queue; of a broadcast, the name that all instances share. */
  readonly queue: string;
}

type Dispatch = (request: CallRequest) => Promise<Ending> | Ending;

/** Listens to `source.placed` until the end of the test. */
export function listen(
  t: TestContext,
  uri: string,
  { source = 'shop', event = 'placed', ...options }: Partial<EventOptions>,
  dispatch?: Dispatch,
): Promise<Listening> {
  const { entrypoint } = EventListener(source, event, options as EventListenerOptions);
  return listenAs(t, uri, entrypoint, dispatch && { dispatch });
}

/** Consumes a queue until the end of the test. */
export function listenToQueue(
  t: TestContext,
  uri: string,
  [queue, options]: Parameters<typeof QueueListener>,
  dispatch?: Dispatch,
): Promise<Listening> {
  return listenAs(t, uri, QueueListener(queue, options as Batched).entrypoint, dispatch && { dispatch });
}

/** The same for an entrypoint that was made, and a service that is set otherwise. */
export async function listenAs(
  t: TestContext,
  uri: string,
  { definition, options }: EntrypointMark,
  { dispatch, config = {} }: { readonly dispatch?: Dispatch; readonly config?: Partial<Config> } = {},
): Promise<Listening> {
  const context = fakeContext({
    options: options as EventOptions,
    config: { amqpUri: uri, serviceName: 'tested', ...config },
    ...(dispatch && { dispatch }),
  });
  const extension = (await definition.create(context as never)) as Required<Extension>;
  const [claim = ''] = definition.claims?.(context.route as never, context.config) ?? [];
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopped ??= Promise.resolve(extension.stop(Deadline.in(2_000)));
    await stopped;
  };
  t.after(async () => {
    await stop();
    await Deadline.in(2_000).within(context.drained());
    await context.stopShared();
  });
  await context.setupShared();
  await extension.setup();
  await extension.start();
  return { context, consumer: { stop }, queue: claim.replace(/^queue /, '') };
}
