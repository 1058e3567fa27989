import type { TestContext } from 'node:test';
import type { DeadLetters } from '@micro-framework/amqp';
import {
  DeadLettersMain,
  deadLetterHeaders,
  readHistory,
  WorkerDeadLetters,
} from '@micro-framework/amqp/internal';
import type { DeadLetterReason, DependencyContext } from '@micro-framework/core';
import type { Peer, PeerMessage } from './amqp-peer.js';
import { fakeContext } from './fake-context.js';

/** Both halves of the dead letters, connected until the end of the test. */
export async function openDeadLetters(t: Pick<TestContext, 'after'>, uri: string): Promise<DeadLetters> {
  const context = fakeContext({ options: {}, config: { amqpUri: uri } });
  const main = new DeadLettersMain(context);
  t.after(() => context.stopShared());
  await context.setupShared();
  // What crosses to the main side is cloned, and so is the answer.
  const ask = async (request: unknown): Promise<unknown> =>
    structuredClone(await main.answer(structuredClone(request)));
  return new WorkerDeadLetters({ ask } as unknown as DependencyContext);
}

/** A letter as a listener of the queue leaves it. */
export interface Failure extends Partial<PeerMessage> {
  readonly id: string;
  readonly reason?: DeadLetterReason;
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
  readonly headers?: Record<string, unknown>;
  /** Milliseconds ago. */
  readonly age?: number;
}

/** Puts a letter of `queue` to its dead letters. */
export async function bury(peer: Peer, queue: string, failure: Failure): Promise<void> {
  const { id, reason = 'failed', error = { name: 'Error', message: 'no' }, age = 0, ...message } = failure;
  const delivered = { exchange: 'shop.events', routingKey: 'placed', queue };
  const failed = { history: readHistory({}, delivered), error, call: id, now: Date.now() - age };
  const headers = { ...message.headers, ...deadLetterHeaders(failed, 3, reason) };
  await peer.send(`${queue}.dead`, { body: { id }, ...message, headers });
}
