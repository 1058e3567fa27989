import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  bootstrap,
  type Candidacy,
  Deadline,
  type Ending,
  type EntrypointContext,
  type Extension,
  type LeadershipProvider,
  provideLeadership,
  Service,
  Timer,
  type TimerOptions,
} from '@micro-framework/core';
import { recordingLog } from '../support/log.js';
import { faultsOf, moduleOf } from '../support/scan.js';

const done: Ending = { kind: 'ack', value: undefined, filtered: false };
const start = Date.parse('2026-01-31T12:00:00.250Z');

describe('without a transport by which instances could agree', () => {
  test('a cluster timer is a fault of the start, with its place and what to do', async () => {
    @Service()
    class Reports {
      @Timer(1_000, { cluster: true })
      nightly(): void {}
    }

    const starting = bootstrap(moduleOf({ services: [Reports] }), { logLevel: 'silent', signals: false });

    await assert.rejects(starting, ({ code, message }: Error & { code?: string }) => {
      assert.equal(code, 'SCAN_FAILED');
      assert.match(message, /@Timer on Reports\.nightly \(.*cluster\.test\.js\) has cluster: true/);
      assert.match(message, /npm install @micro-framework\/amqp and import/);
      return true;
    });
  });

  test('an option that is neither true nor false is a fault of the scan', () => {
    @Service()
    class Reports {
      @Timer(1_000, { cluster: 'yes' as unknown as boolean })
      nightly(): void {}
    }

    assert.match(faultsOf(moduleOf({ services: [Reports] })).join(), /cluster is 'yes': give true or false/);
  });

  test('two cluster timers of one method would take the ticks from each other, and are a fault', async () => {
    @Service()
    class Reports {
      @Timer(1_000, { cluster: true })
      @Timer('0 3 * * *', { cluster: true })
      nightly(): void {}
    }

    const starting = bootstrap(moduleOf({ services: [Reports] }), { logLevel: 'silent', signals: false });

    await assert.rejects(starting, /Reports\.nightly/);
  });
});

describe('a timer of three instances', () => {
  test('ticks on one of them, at multiples of its interval, each tick with its moment', async (t) => {
    const { advance, ticks } = await openInstances(t, 1_000);

    await advance(3_000);

    assert.deepEqual(ticks, ['0 12:00:01.000', '0 12:00:02.000', '0 12:00:03.000']);
  });

  test('goes on with the next tick when the leader stops', async (t) => {
    const { advance, ticks, instances } = await openInstances(t, 1_000);
    await advance(1_000);

    await instances[0]?.timer.stop?.(Deadline.in(1_000));
    await advance(2_000);

    assert.deepEqual(ticks, ['0 12:00:01.000', '1 12:00:02.000', '1 12:00:03.000']);
  });

  test('leaves a leader that stops its running tick: the next one leads when that has ended', async (t) => {
    const { advance, ticks, instances } = await openInstances(t, 1_000, {}, 1_500);
    await advance(1_000);

    await instances[0]?.timer.stop?.(Deadline.in(1_000));
    await advance(3_000);

    assert.deepEqual(ticks, ['0 12:00:01.000', '1 12:00:03.000']);
  });

  test('is handed over at once where ticks may overlap', async (t) => {
    const { advance, ticks, instances } = await openInstances(t, 1_000, { overlap: 'allow' }, 1_500);
    await advance(1_000);

    await instances[0]?.timer.stop?.(Deadline.in(1_000));
    await advance(1_000);

    assert.deepEqual(ticks, ['0 12:00:01.000', '1 12:00:02.000']);
  });

  test('does not ask for a tick that is skipped, as the one before still runs', async (t) => {
    const { advance, claims } = await openInstances(t, 1_000, {}, 2_500);

    await advance(4_000);

    assert.deepEqual(
      claims.filter((claim) => claim.startsWith('0')),
      ['0 12:00:01.000', '0 12:00:04.000'],
    );
  });

  test('that is eager makes up for the last tick once, whoever leads', async (t) => {
    const { advance, ticks, instances } = await openInstances(t, 3_600_000, { eager: true });
    await advance(0);

    await instances[0]?.timer.stop?.(Deadline.in(1_000));
    await advance(1_000);

    assert.deepEqual(ticks, ['0 12:00:00.000']);
  });

  test('that is eager makes up for a tick that was due while nobody led', async (t) => {
    const { advance, ticks, instances } = await openInstances(t, 10_000, { eager: true });
    await advance(0);
    for (const { timer } of instances.slice(0, 2)) await timer.stop?.(Deadline.in(1_000));
    instances[2]?.away(true);

    await advance(14_000);
    instances[2]?.away(false);
    await advance(0);

    assert.deepEqual(ticks, ['0 12:00:00.000', '2 12:00:10.000']);
  });

  test('ticks at the moments of a cron schedule', async (t) => {
    const { advance, ticks } = await openInstances(t, '*/5 * * * *', { timezone: 'UTC' });

    await advance(600_000);

    assert.deepEqual(ticks, ['0 12:05:00.000', '0 12:10:00.000']);
  });
});

describe('a clock', () => {
  test('that is set forward while a moment far away is waited for is noticed within a minute', async (t) => {
    const { advance, ticks } = await openInstances(t, '0 18 * * *', { timezone: 'UTC' });

    t.mock.timers.setTime(Date.parse('2026-01-31T18:00:30Z'));
    await advance(60_000);

    assert.deepEqual(ticks, ['0 18:00:00.000']);
  });

  test('that is set back repeats no tick', async (t) => {
    const { advance, ticks } = await openInstances(t, 1_000);
    await advance(2_000);

    t.mock.timers.setTime(start + 1_000);
    await advance(2_000);

    assert.deepEqual(ticks, ['0 12:00:01.000', '0 12:00:02.000', '0 12:00:03.000']);
  });
});

test('of the moments that a frozen instance missed it ticks for the last one', async (t) => {
  const { block, ticks } = await openInstances(t, 1_000, { overlap: 'allow' });

  await block(4_500);
  await block(500);

  assert.deepEqual(ticks, ['0 12:00:04.000', '0 12:00:05.000']);
});

interface Instance {
  readonly timer: Extension;
  /** Cuts the instance off from the others, or takes that back. */
  away(isAway: boolean): void;
}

interface Instances {
  readonly instances: readonly Instance[];
  /** Which instance ran which tick. */
  readonly ticks: readonly string[];
  /** Which instance asked for which. */
  readonly claims: readonly string[];
  /** Lets time pass, a quarter of a second after the other. */
  advance(ms: number): Promise<void>;
  /** Lets time pass while no instance can run. */
  block(ms: number): Promise<void>;
}

/** Three started instances of one timer under a clock of their own. Their calls take `duration` ms. */
async function openInstances(
  t: TestContext,
  schedule: number | string,
  options: TimerOptions = {},
  duration = 0,
): Promise<Instances> {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: start });
  const ticks: string[] = [];
  const claims: string[] = [];
  const election = new Election();
  provideLeadership(election);
  const { entrypoint } = Timer(schedule, { ...options, cluster: true });
  const { log } = recordingLog();
  const block = async (ms: number): Promise<void> => {
    t.mock.timers.tick(ms);
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
  };
  const instances: Instance[] = [];
  for (let index = 0; index < 3; index++) {
    const context = {
      route: { target: 'Clock.tick', entrypoint },
      log,
      dispatch: ({ input }: { input: Date }) => {
        ticks.push(`${index} ${timeOf(input)}`);
        return duration === 0
          ? Promise.resolve(done)
          : new Promise((resolve) => setTimeout(resolve, duration, done));
      },
    } as unknown as EntrypointContext;
    election.claimed = (candidate, moment) => claims.push(`${candidate} ${timeOf(moment)}`);
    const timer = await entrypoint.definition.create(context);
    await timer.setup?.();
    await timer.start?.();
    instances.push({ timer, away: (isAway) => election.away(index, isAway) });
  }
  return {
    instances,
    ticks,
    claims,
    block,
    advance: async (ms) => {
      await block(0);
      for (let passed = 0; passed < ms; passed += 250) await block(250);
    },
  };
}

/** An election within the process: the first that stands leads. */
class Election implements LeadershipProvider {
  claimed: (candidate: number, moment: Date) => void = () => {};
  readonly #standing: { readonly index: number; readonly candidacy: Candidacy }[] = [];
  readonly #candidacies: Candidacy[] = [];
  #latest = 0;

  candidate(candidacy: Candidacy): ReturnType<LeadershipProvider['candidate']> {
    const index = this.#candidacies.push(candidacy) - 1;
    return {
      start: () => this.away(index, false),
      stop: () => this.away(index, true),
      claim: async (moment) => {
        if (this.#standing[0]?.index !== index) return false;
        this.claimed(index, moment);
        if (moment.getTime() <= this.#latest) return false;
        this.#latest = moment.getTime();
        return true;
      },
    };
  }

  away(index: number, isAway: boolean): void {
    const leader = this.#standing[0];
    const at = this.#standing.findIndex((one) => one.index === index);
    const candidacy = this.#candidacies[index] as Candidacy;
    if (isAway && at >= 0) this.#standing.splice(at, 1);
    if (!isAway && at < 0) this.#standing.push({ index, candidacy });
    if (this.#standing[0] !== leader) this.#standing[0]?.candidacy.elected();
  }
}

function timeOf(moment: Date): string {
  return moment.toISOString().slice(11, 23);
}
