import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type ElectionTiming, QueueLeadership } from '@micro-framework/amqp/internal';
import { Deadline } from '@micro-framework/core';
import { eventually } from './eventually.js';
import { type FakeContext, fakeContext } from './fake-context.js';

/** One instance of a service that stands for election. */
export interface Candidate {
  readonly leadership: QueueLeadership;
  readonly context: FakeContext<object>;
  /** Times it was elected. */
  elected: number;
  stop(): Promise<void>;
}

/** Where, and for which service. */
export interface Place {
  readonly uri: string;
  readonly service: string;
  /** Seconds. */
  readonly heartbeat?: number;
}

/** Instances of a service that stand for election until the end of the test. */
export async function standing(
  t: Pick<TestContext, 'after'>,
  { uri, service, heartbeat = 10 }: Place,
  count: number,
  timing?: ElectionTiming,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (let n = 0; n < count; n++) {
    const context = fakeContext({
      options: {},
      config: { amqpUri: uri, serviceName: service, amqpHeartbeat: heartbeat },
    });
    const elected = (): void => {
      candidate.elected += 1;
    };
    const leadership = new QueueLeadership({ name: 'Reports.tick', elected }, context, timing);
    let stopped: Promise<void> | undefined;
    const stopAll = async (): Promise<void> => {
      await leadership.stop(Deadline.in(2_000));
      await context.stopShared();
    };
    const stop = (): Promise<void> => {
      stopped ??= stopAll();
      return stopped;
    };
    const candidate: Candidate = { leadership, context, elected: 0, stop };
    t.after(stop);
    await context.setupShared();
    await leadership.setup();
    await leadership.start();
    candidates.push(candidate);
  }
  return candidates;
}

/** Those that were ever elected. */
export function leadersOf(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ elected }) => elected > 0);
}

/** The first one that is elected. */
export function leaderOf(candidates: readonly Candidate[]): Promise<Candidate> {
  return eventually(() => {
    const [leader] = leadersOf(candidates);
    assert.ok(leader);
    return leader;
  });
}
