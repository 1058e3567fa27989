import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  bootstrap,
  type CallRequest,
  type Ending,
  type EntrypointContext,
  type Extension,
  Service,
  Timer,
  type TimerOptions,
} from '@micro-framework/core';
import { type LogLine, recordingLog } from '../support/log.js';
import { moduleOf } from '../support/scan.js';

const error = { name: 'Error', message: 'broken' };
const done: Ending = { kind: 'ack', value: undefined, filtered: false };

describe('an interval', () => {
  // What these look at is when a tick comes, whether the one before has ended or not.
  const options: TimerOptions = { overlap: 'allow' };

  test('ticks on its grid, from the start on', async (t) => {
    const { clock, ticks } = openTimer(t, 100, options);

    clock.advance(350);

    assert.deepEqual(ticks, [100, 200, 300]);
  });

  test('is not shifted by a late tick', async (t) => {
    const { clock, ticks } = openTimer(t, 100, options);

    clock.block(130);
    clock.advance(200);

    assert.deepEqual(ticks, [130, 200, 300]);
  });

  test('passes over moments that a busy loop missed', async (t) => {
    const { clock, ticks } = openTimer(t, 100, options);

    clock.block(450);
    clock.advance(100);

    assert.deepEqual(ticks, [450, 500]);
  });

  test('takes a timer that fires a fraction early as there', async (t) => {
    const { clock, ticks } = openTimer(t, 100, options);

    clock.fallBehind(0.4);
    clock.advance(250);

    assert.deepEqual(ticks, [99.6, 200.6]);
  });

  test('ticks once at the start, too, when it is eager', async (t) => {
    const { clock, ticks } = openTimer(t, 100, { ...options, eager: true });

    clock.advance(100);

    assert.deepEqual(ticks, [0, 100]);
  });

  test('does not tick after it was stopped', async (t) => {
    const { clock, ticks, timer } = openTimer(t, 100, options);
    clock.advance(150);

    await timer.stop?.(undefined as never);
    clock.advance(500);

    assert.deepEqual(ticks, [100]);
  });
});

describe('a cron schedule', () => {
  test('ticks by its expression, in its time zone', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-01-31T01:59:00Z') });
    const firedAt: string[] = [];
    const { timer } = startTimer(
      '0 3 * * *',
      { timezone: 'Europe/Berlin', overlap: 'allow' },
      async ({ input }) => {
        firedAt.push((input as Date).toISOString().slice(0, 16));
        return done;
      },
    );

    for (let minute = 0; minute < 26 * 60; minute++) t.mock.timers.tick(60_000);
    await timer.stop?.(undefined as never);
    for (let minute = 0; minute < 26 * 60; minute++) t.mock.timers.tick(60_000);

    assert.deepEqual(firedAt, ['2026-01-31T02:00', '2026-02-01T02:00']);
  });
});

describe('a tick while the one before still runs', () => {
  test('is skipped by default', async (t) => {
    const { clock, calls, lines } = openTimer(t, 100);

    clock.advance(350);
    const meanwhile = calls.length;
    await calls[0]?.end(done);
    clock.advance(50);

    assert.equal(meanwhile, 1);
    assert.equal(calls.length, 2);
    assert.equal(lines.filter(({ text }) => text.includes('a tick was skipped')).length, 2);
  });

  test('waits when it is to be queued, at most one, and is called with its own moment', async (t) => {
    const { clock, calls, ticks } = openTimer(t, 100, { overlap: 'queue' });

    clock.advance(450);
    const meanwhile = calls.length;
    await calls[0]?.end(done);
    await calls[1]?.end(done);

    assert.equal(meanwhile, 1);
    assert.equal(calls.length, 2);
    assert.equal(ticks.length, 2);
    const [first, second] = calls.map(({ request }) => Number(request.input));
    assert.equal(Number(second) - Number(first), 100);
  });

  test('is called at once when that is allowed', async (t) => {
    const { clock, calls } = openTimer(t, 100, { overlap: 'allow' });

    clock.advance(350);

    assert.equal(calls.length, 3);
  });

  test('and waits is forgotten when the timer stops', async (t) => {
    const { clock, calls, timer } = openTimer(t, 100, { overlap: 'queue' });
    clock.advance(250);

    await timer.stop?.(undefined as never);
    await calls[0]?.end(done);

    assert.equal(calls.length, 1);
  });
});

describe('a tick that fails', () => {
  test('is tried again after its delay, as the next attempt and with its own moment', async (t) => {
    const { clock, calls } = openTimer(t, 1_000);
    clock.advance(1_000);

    await calls[0]?.end({ kind: 'retry', delay: 50, attempt: 2, error, call: 'c1' });
    clock.advance(49);
    const early = calls.length;
    clock.advance(1);
    await turn();

    assert.equal(early, 1);
    assert.deepEqual(
      calls.map(({ request: { attempt, lastRetry, input } }) => [attempt, typeof lastRetry, input]),
      [
        [1, 'undefined', calls[0]?.request.input],
        [2, 'number', calls[0]?.request.input],
      ],
    );
  });

  test('counts as running while it waits for its retry', async (t) => {
    const { clock, calls } = openTimer(t, 100);
    clock.advance(100);

    await calls[0]?.end({ kind: 'retry', delay: 250, attempt: 2, error, call: 'c1' });
    clock.advance(240);
    await turn();

    assert.equal(calls.length, 1);
  });

  test('is not tried again once the timer stops: the wait ends', async (t) => {
    const { clock, calls, timer } = openTimer(t, 1_000);
    clock.advance(1_000);
    await calls[0]?.end({ kind: 'retry', delay: 50, attempt: 2, error, call: 'c1' });

    await timer.stop?.(undefined as never);
    clock.advance(1_000);
    await turn();

    assert.equal(calls.length, 1);
  });

  test('for good is over: the next tick is a first attempt', async (t) => {
    const { clock, calls } = openTimer(t, 100);
    clock.advance(100);

    await calls[0]?.end({ kind: 'dead-letter', reason: 'failed', attempt: 4, error, call: 'c1' });
    clock.advance(100);

    assert.deepEqual(
      calls.map(({ request }) => request.attempt),
      [1, 1],
    );
  });

  test('because the queue is full is a warning', async (t) => {
    const { clock, calls, lines } = openTimer(t, 100);
    clock.advance(100);

    await calls[0]?.end({ kind: 'requeue', reason: 'full' });

    assert.deepEqual(
      lines.map(({ level, text, fields }) => [level, text, fields]),
      [['warn', 'a tick was dropped: no worker could take it', { route: 'Clock.tick', reason: 'full' }]],
    );
  });
});

describe('a timer in a service', () => {
  test('calls its method again and again, with retries, until the service stops', async () => {
    const seen: unknown[] = [];
    let enough = (): void => {};
    const fourCalls = new Promise<void>((resolve) => {
      enough = resolve;
    });
    @Service()
    class Clock {
      @Timer(5, { backOff: { maxRetries: 1, interval: 1 } })
      tick(firedAt: Date): void {
        seen.push(firedAt);
        if (seen.length === 4) enough();
        if (seen.length === 2) throw new Error('the second fails');
      }
    }
    const runner = await bootstrap(moduleOf({ services: [Clock] }), {
      workerMode: 'inline',
      logLevel: 'silent',
      signals: false,
    });

    await fourCalls;
    await runner.stop();

    assert.ok(seen.every((firedAt) => firedAt instanceof Date));
    assert.equal(seen[1], seen[2]);
    const { failed, retried, deadLettered } = runner.routes[0]?.counts ?? {};
    assert.deepEqual([failed, retried, deadLettered], [1, 1, 0]);
  });
});

interface TimerCall {
  readonly request: CallRequest;
  end(ending: Ending): Promise<void>;
}

interface Clock {
  /** Lets time pass, a millisecond after the other. */
  advance(ms: number): void;
  /** Lets time pass while nothing else can run: timers that are due fire at its end. */
  block(ms: number): void;
  /** Makes the clock say less than the timers have waited. */
  fallBehind(ms: number): void;
}

interface OpenTimer {
  readonly clock: Clock;
  /** When the calls came. */
  readonly ticks: readonly number[];
  readonly calls: readonly TimerCall[];
  readonly lines: readonly LogLine[];
  readonly timer: Extension;
}

/** A started timer under a clock of its own. Its calls end when the test says so. */
function openTimer(t: TestContext, ms: number, options: TimerOptions = {}): OpenTimer {
  let now = 0;
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  t.mock.method(performance, 'now', () => now);
  const block = (by: number): void => {
    now += by;
    t.mock.timers.tick(by);
  };
  const clock: Clock = {
    block,
    advance: (by) => {
      for (let i = 0; i < by; i++) block(1);
    },
    fallBehind: (by) => {
      now -= by;
    },
  };
  const ticks: number[] = [];
  const calls: TimerCall[] = [];
  const { timer, lines } = startTimer(ms, options, (request) => {
    ticks.push(now);
    return new Promise((resolve) => {
      const end = async (ending: Ending): Promise<void> => {
        resolve(ending);
        await turn();
      };
      calls.push({ request, end });
    });
  });
  return { clock, ticks, calls, lines, timer };
}

/** Makes the main-side half of `@Timer` and starts it. */
function startTimer(
  schedule: number | string,
  options: TimerOptions,
  dispatch: (request: CallRequest) => Promise<Ending>,
): { timer: Extension; lines: readonly LogLine[] } {
  const { entrypoint } = Timer(schedule, options);
  const { log, lines } = recordingLog();
  const context = {
    route: { target: 'Clock.tick', entrypoint },
    log,
    dispatch,
  } as unknown as EntrypointContext;
  const timer = entrypoint.definition.create(context) as Extension;
  void timer.start?.();
  return { timer, lines };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
