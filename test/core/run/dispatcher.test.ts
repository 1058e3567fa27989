import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BackOff, CallRequest, Ending, RouteCounts } from '@micro-framework/core';
import {
  type Call,
  type CommitEffects,
  RouteCounts as Counts,
  Dispatcher,
  type Executor,
  type Outcome,
  type RouteSeat,
} from '@micro-framework/core/internal';
import { type LogLine, recordingLog } from '../support/log.js';

const error = { name: 'Error', message: 'broken' };
const failed: Outcome = { kind: 'failed', error, retryable: true };
const succeeded: Outcome = { kind: 'succeeded', value: 42, effects: [] };
const backOff: BackOff = { maxRetries: 2, interval: 100 };

describe('a dispatched call', () => {
  test('reaches its executor as plain data, with an id, a deadline and a stack of ids', async () => {
    const { dispatch, calls } = setUp({ outcomes: [succeeded] });
    const before = Date.now();

    await dispatch({ input: [1], headers: { from: 'a' }, attempt: 2, lastRetry: 5, callIdStack: ['root'] });

    const [call] = calls;
    assert.ok(call);
    assert.match(call.id, /^shop\.Orders\.price\.[0-9a-f-]{36}$/);
    assert.deepEqual(structuredClone(call), call);
    assert.ok(call.deadline >= before + 1_000 && call.deadline <= Date.now() + 1_000);
    const { id, deadline, ...rest } = call;
    assert.deepEqual(rest, {
      route: '0/0/price',
      target: 'Orders.price',
      member: 'handler',
      input: [1],
      headers: { from: 'a' },
      attempt: 2,
      lastRetry: 5,
      callIdStack: ['root', id],
      timeout: 1_000,
      error: undefined,
      principal: undefined,
      messageId: undefined,
    });
  });

  test('gets no more time than its caller waits, nor more than its route gives, and knows who calls', async () => {
    const { dispatch, calls } = setUp({ outcomes: [succeeded, succeeded] });
    const before = Date.now();

    await dispatch({ input: 1, timeout: 50, principal: { user: 'ada' } });
    await dispatch({ input: 2, timeout: 60_000 });

    const [short, long] = calls as [Call, Call];
    assert.deepEqual([short.timeout, short.principal, long.timeout], [50, { user: 'ada' }, 1_000]);
    assert.ok(short.deadline >= before + 50 && short.deadline <= Date.now() + 50);
  });

  test('is the first attempt, without headers and history, unless its entrypoint says otherwise', async () => {
    const { dispatch, calls } = setUp({ outcomes: [succeeded] });

    await dispatch({ input: 'x' });

    const { attempt, headers, lastRetry, callIdStack, id } = calls[0] as Call;
    assert.deepEqual([attempt, headers, lastRetry, callIdStack], [1, {}, undefined, [id]]);
  });

  test('has an id of its own', async () => {
    const { dispatch, calls } = setUp({ outcomes: [succeeded, succeeded] });

    await Promise.all([dispatch({ input: 1 }), dispatch({ input: 2 })]);

    assert.notEqual(calls[0]?.id, calls[1]?.id);
  });
});

describe('the ending of a call', () => {
  const deadLetter = (reason: 'failed' | 'crashed' | 'timed-out' | 'rejected', attempt = 1): Ending => {
    return { kind: 'dead-letter', reason, attempt, error, call: 'of the call' };
  };
  const cases: [title: string, outcome: Outcome, ending: Ending, counted: Partial<RouteCounts>][] = [
    ['a success', succeeded, { kind: 'ack', value: 42, filtered: false }, { succeeded: 1 }],
    [
      'a filtered call',
      { kind: 'filtered' },
      { kind: 'ack', value: undefined, filtered: true },
      { filtered: 1 },
    ],
    [
      'a refused call',
      { kind: 'refused', reason: 'no-worker' },
      { kind: 'requeue', reason: 'no-worker' },
      { refused: 1 },
    ],
    ['a failure', failed, deadLetter('failed'), { failed: 1, deadLettered: 1 }],
    ['a crash', { kind: 'crashed', error }, deadLetter('crashed'), { crashed: 1, deadLettered: 1 }],
    ['a timeout', { kind: 'timed-out', error }, deadLetter('timed-out'), { timedOut: 1, deadLettered: 1 }],
    ['a rejection', { kind: 'rejected', error }, deadLetter('rejected'), { rejected: 1, deadLettered: 1 }],
  ];
  for (const [title, outcome, ending, counted] of cases) {
    test(`of ${title} is ${ending.kind}, and it is counted`, async () => {
      const { dispatch, counts, calls } = setUp({ outcomes: [outcome] });

      const ended = await dispatch({ input: 1 });

      assert.deepEqual(ended, 'call' in ending ? { ...ending, call: calls[0]?.id } : ending);
      assert.deepEqual(counts(), counted);
    });
  }

  test('of a failure with back-off is a retry, until none is left', async () => {
    const { dispatch, counts, calls } = setUp({ outcomes: [failed, failed, failed], backOff });

    const endings = [];
    for (const attempt of [1, 2, 3]) endings.push(await dispatch({ input: 1, attempt }));

    assert.deepEqual(endings, [
      { kind: 'retry', delay: 100, attempt: 2, error, call: calls[0]?.id },
      { kind: 'retry', delay: 100, attempt: 3, error, call: calls[1]?.id },
      { ...deadLetter('failed', 3), call: calls[2]?.id },
    ]);
    assert.deepEqual(counts(), { failed: 3, retried: 2, deadLettered: 1 });
  });

  test('of a call whose interval function throws is a retry after the default interval, and is logged', async () => {
    const boom = new Error('no interval');
    const interval = (): number => {
      throw boom;
    };
    const { dispatch, lines, calls } = setUp({ outcomes: [failed], backOff: { maxRetries: 1, interval } });

    const ending = await dispatch({ input: 1 });

    assert.deepEqual(ending, { kind: 'retry', delay: 10_000, attempt: 2, error, call: calls[0]?.id });
    assert.equal(lines[0]?.text, 'the interval function of a back-off threw; the default interval is taken');
    assert.equal(lines[0]?.fields.err, boom);
  });
});

describe('a failure', () => {
  test('is logged once, with route, call id, attempt and error', async () => {
    const { dispatch, calls, lines } = setUp({ outcomes: [failed] });

    await dispatch({ input: 1 });

    const fields = { route: 'Orders.price', call: calls[0]?.id, attempt: 1, outcome: 'failed', err: error };
    assert.deepEqual(lines, [
      { level: 'error', fields: { ...fields, onFailure: false }, text: 'a call failed for good' },
    ]);
  });

  test('that is an input of no use is told its caller, where there is one, and the log alone else', async () => {
    const rejected: Outcome = { kind: 'rejected', error: { ...error, stack: 'a stack' } };
    const [call, event] = [true, false].map((returns) => setUp({ outcomes: [rejected], returns }));

    await call?.dispatch({ input: 1 });
    await event?.dispatch({ input: 1 });

    const fields = { route: 'Orders.price', call: call?.calls[0]?.id, reason: error.message };
    const text = 'a call was rejected: its input is bad';
    assert.deepEqual(call?.lines, [{ level: 'info', fields, text }]);
    assert.deepEqual(
      event?.lines.map(({ level, text: its }) => [level, its]),
      [['error', 'a call failed for good']],
    );
  });

  test('is logged with the id of its message, which all attempts share, and that of its onFailure', async () => {
    const broken: Outcome = { kind: 'failed', error, retryable: true };
    const { dispatch, calls, lines } = setUp({
      outcomes: [failed, failed, broken],
      backOff: { ...backOff, maxRetries: 1 },
      hasOnFailure: true,
    });

    await dispatch({ input: 1, messageId: 'm1' });
    await dispatch({ input: 1, messageId: 'm1', attempt: 2 });

    const ids = lines.map(({ fields: { messageId, call, onFailureCall, failedCall } }) => {
      return { messageId, call, onFailureCall, failedCall };
    });
    const [first, second, callback] = calls.map(({ id }) => id);
    const none = { onFailureCall: undefined, failedCall: undefined };
    assert.deepEqual(ids, [
      { ...none, messageId: 'm1', call: first },
      { ...none, messageId: 'm1', call: second, onFailureCall: callback },
      { ...none, messageId: 'm1', call: callback, failedCall: second },
    ]);
  });

  test('that is tried again is a warning with its delay', async () => {
    const { dispatch, lines } = setUp({ outcomes: [failed], backOff });

    await dispatch({ input: 1 });

    assert.deepEqual(
      lines.map(({ level, text, fields }) => [level, text, fields.delay]),
      [['warn', 'a call failed and is tried again', 100]],
    );
  });

  test('is no line when the call succeeded, was filtered or refused', async () => {
    const { dispatch, lines } = setUp({
      outcomes: [succeeded, { kind: 'filtered' }, { kind: 'refused', reason: 'full' }],
    });

    for (const input of [1, 2, 3]) await dispatch({ input });

    assert.deepEqual(lines, []);
  });
});

describe('onFailure', () => {
  test('is called with the error once the call failed for good', async () => {
    const { dispatch, calls } = setUp({ outcomes: [failed, succeeded], hasOnFailure: true });

    const ending = await dispatch({ input: 'order', headers: { a: 1 } });

    const [call, callback] = calls as [Call, Call];
    assert.equal(ending.kind, 'dead-letter');
    assert.deepEqual(callback, {
      ...call,
      id: callback.id,
      callIdStack: [call.id, callback.id],
      deadline: callback.deadline,
      member: 'onFailure',
      error,
    });
    assert.notEqual(callback.id, call.id);
  });

  test('is not called while retries are left', async () => {
    const { dispatch, calls } = setUp({ outcomes: [failed], backOff, hasOnFailure: true });

    await dispatch({ input: 1 });

    assert.equal(calls.length, 1);
  });

  test('that fails is logged with its own call id, and the message is dead-lettered with the first error', async () => {
    const later = { name: 'Error', message: 'and this one' };
    const { dispatch, calls, lines, counts } = setUp({
      outcomes: [failed, { kind: 'failed', error: later, retryable: true }],
      hasOnFailure: true,
    });

    const ending = await dispatch({ input: 1 });

    assert.deepEqual(ending, {
      kind: 'dead-letter',
      reason: 'failed',
      attempt: 1,
      error,
      call: calls[0]?.id,
    });
    assert.deepEqual(lines[1], {
      level: 'error',
      fields: {
        route: 'Orders.price',
        call: calls[1]?.id,
        callIdStack: [calls[0]?.id, calls[1]?.id],
        failedCall: calls[0]?.id,
        err: later,
      },
      text: 'onFailure failed',
    });
    assert.deepEqual(counts(), { failed: 1, deadLettered: 1 });
  });

  for (const reason of ['stopping', 'full'] as const) {
    test(`that is refused (${reason}) hands the whole message back and says so`, async () => {
      const { dispatch, counts, lines, calls } = setUp({
        outcomes: [failed, { kind: 'refused', reason }],
        hasOnFailure: true,
      });

      assert.deepEqual(await dispatch({ input: 1 }), { kind: 'requeue', reason });
      assert.equal(counts().deadLettered, undefined);
      const { level, fields, text } = lines.at(-1) as LogLine;
      assert.deepEqual([level, fields.failedCall, fields.reason], ['warn', calls[0]?.id, reason]);
      assert.equal(text, 'onFailure was not called, so the failed call is handed back');
    });
  }

  test('has its effects committed, too', async () => {
    const effects = [{ dependency: 'Producer', effect: 'sorry' }];
    const { dispatch, committed } = setUp({
      outcomes: [failed, { kind: 'succeeded', value: undefined, effects }],
      hasOnFailure: true,
    });

    await dispatch({ input: 1 });

    assert.deepEqual(committed, [effects]);
  });
});

describe('what a call emitted', () => {
  const effects = [{ dependency: 'Producer', effect: 'priced' }];
  const emitted: Outcome = { kind: 'succeeded', value: 1, effects };

  test('is committed before the call is settled', async () => {
    const { dispatch, committed, calls } = setUp({ outcomes: [emitted] });
    const order: string[] = [];

    await dispatch({ input: 1 }, () => {
      order.push(`settled after ${committed.length}`);
    });

    assert.deepEqual(order, ['settled after 1']);
    assert.equal(calls.length, 1);
  });

  test('and cannot be committed makes the call a failed attempt', async () => {
    const commit = async (): Promise<void> => {
      throw new Error('the broker is gone');
    };
    const { dispatch, counts } = setUp({ outcomes: [emitted], backOff, commit });

    const ending = await dispatch({ input: 1 });

    assert.equal(ending.kind, 'retry');
    assert.equal(ending.kind === 'retry' && ending.error.message, 'the broker is gone');
    assert.deepEqual(counts(), { failed: 1, retried: 1 });
  });

  test('is not committed when nothing was emitted', async () => {
    const { dispatch, committed } = setUp({ outcomes: [succeeded] });

    await dispatch({ input: 1 });

    assert.deepEqual(committed, []);
  });
});

describe('a dispatcher that drains', () => {
  test('refuses new calls without running them, and settles them', async () => {
    const { dispatcher, dispatch, calls } = setUp({ outcomes: [] });
    const settled: Ending[] = [];
    dispatcher.drain();

    const ending = await dispatch({ input: 1 }, (end) => {
      settled.push(end);
    });

    assert.deepEqual(ending, { kind: 'requeue', reason: 'stopping' });
    assert.deepEqual(settled, [ending]);
    assert.deepEqual(calls, []);
  });

  test('is drained at once when nothing is in flight', async () => {
    const { dispatcher } = setUp({ outcomes: [] });

    await dispatcher.drained();
  });

  test('is drained only when the last call is settled', async () => {
    const { dispatcher, dispatch } = setUp({ outcomes: [succeeded, succeeded] });
    const settlements: (() => void)[] = [];
    const settle = (): Promise<void> => new Promise((resolve) => settlements.push(resolve));
    const works = [dispatch({ input: 1 }, settle), dispatch({ input: 2 }, settle)];
    let drained = false;
    const wait = dispatcher.drained().then(() => {
      drained = true;
    });
    await turn();

    dispatcher.drain();
    settlements[0]?.();
    await works[0];
    await turn();
    const early = drained;
    const inFlight = dispatcher.inFlight;
    settlements[1]?.();
    await wait;

    assert.equal(early, false);
    assert.equal(inFlight, 1);
    assert.equal(dispatcher.inFlight, 0);
  });

  test('is drained, too, when the settling of a call fails, which only its entrypoint is told', async () => {
    const { dispatcher, dispatch } = setUp({ outcomes: [succeeded] });
    const work = dispatch({ input: 1 }, () => Promise.reject(new Error('the channel is closed')));

    await assert.rejects(work, /the channel is closed/);
    await dispatcher.drained();

    assert.equal(dispatcher.inFlight, 0);
  });
});

describe('a batch', () => {
  const ended = (...value: unknown[]): Outcome => ({ kind: 'succeeded', value, effects: [] });
  const requests: CallRequest[] = [
    { input: 1, messageId: 'm1', callIdStack: ['a'] },
    { input: 2, attempt: 3 },
  ];

  test('reaches its executor as one call, plain data, with all that is known of each message', async () => {
    const { dispatchBatch, calls } = setUp({ outcomes: [ended(succeeded, succeeded)] });

    await dispatchBatch(requests);

    const [call] = calls as [Call];
    assert.equal(calls.length, 1);
    assert.deepEqual(structuredClone(call), call);
    const { input, attempt, callIdStack, batch } = call;
    assert.deepEqual([input, attempt, callIdStack], [undefined, 3, [call.id]]);
    const unknown = { headers: {}, lastRetry: undefined };
    assert.deepEqual(batch, [
      { ...unknown, input: 1, attempt: 1, callIdStack: ['a'], messageId: 'm1' },
      { ...unknown, input: 2, attempt: 3, callIdStack: [], messageId: undefined },
    ]);
  });

  test('is told message by message: each is counted, and logged with its own id and attempt', async () => {
    const { dispatchBatch, counts, lines, calls } = setUp({ outcomes: [ended(failed, failed)], backOff });

    const endings = await dispatchBatch(requests);

    const call = calls[0]?.id;
    assert.deepEqual(endings, [
      { kind: 'retry', delay: 100, attempt: 2, error, call },
      { kind: 'dead-letter', reason: 'failed', attempt: 3, error, call },
    ]);
    assert.deepEqual(counts(), { failed: 2, retried: 1, deadLettered: 1 });
    assert.deepEqual(
      lines.map(({ fields: { messageId, attempt, callIdStack } }) => [messageId, attempt, callIdStack]),
      [
        ['m1', 1, ['a', call]],
        [undefined, 3, undefined],
      ],
    );
  });

  test('of which the worker does not say what became of each message has failed whole', async () => {
    const { dispatchBatch, counts } = setUp({ outcomes: [ended(succeeded)], backOff });

    const endings = await dispatchBatch(requests);

    assert.deepEqual(
      endings.map(({ kind }) => kind),
      ['retry', 'dead-letter'],
    );
    assert.deepEqual(counts(), { failed: 2, retried: 1, deadLettered: 1 });
  });

  test('is handed back message by message when it is refused, and while the service stops', async () => {
    const refused: Outcome = { kind: 'refused', reason: 'full' };
    const { dispatcher, dispatchBatch, calls } = setUp({ outcomes: [refused] });

    const full = await dispatchBatch(requests);
    dispatcher.drain();
    const draining = await dispatchBatch(requests);

    const requeue = (reason: 'full' | 'stopping'): Ending => ({ kind: 'requeue', reason });
    assert.deepEqual(full, [requeue('full'), requeue('full')]);
    assert.deepEqual(draining, [requeue('stopping'), requeue('stopping')]);
    assert.equal(calls.length, 1);
  });

  test('of nothing calls nobody', async () => {
    const { dispatchBatch, calls } = setUp({ outcomes: [] });

    assert.deepEqual(await dispatchBatch([]), []);
    assert.deepEqual(calls, []);
  });

  test('is in flight until every message is settled, also when the settling of one fails', async () => {
    const { dispatcher, dispatchBatch } = setUp({ outcomes: [ended(succeeded, succeeded)] });
    let settleSecond = (): void => {};
    const work = dispatchBatch(requests, (_ending, index) => {
      if (index === 0) throw new Error('the channel is closed');
      return new Promise<void>((resolve) => {
        settleSecond = resolve;
      });
    });
    await turn();

    const inFlight = dispatcher.inFlight;
    settleSecond();
    await assert.rejects(work, /the channel is closed/);
    await dispatcher.drained();

    assert.equal(inFlight, 1);
    assert.equal(dispatcher.inFlight, 0);
  });
});

interface Given {
  readonly outcomes: readonly Outcome[];
  readonly backOff?: BackOff;
  readonly hasOnFailure?: boolean;
  /** A caller waits for the end. */
  readonly returns?: boolean;
  readonly commit?: CommitEffects;
}

interface Bench {
  readonly dispatcher: Dispatcher;
  dispatch(request: CallRequest, settle?: (ending: Ending) => Promise<void> | void): Promise<Ending>;
  dispatchBatch(
    requests: readonly CallRequest[],
    settle?: (ending: Ending, index: number) => Promise<void> | void,
  ): Promise<readonly Ending[]>;
  readonly calls: readonly Call[];
  readonly committed: readonly unknown[];
  readonly lines: readonly LogLine[];
  /** The counts that are not 0. */
  counts(): Partial<RouteCounts>;
}

/** A dispatcher over an executor that gives one outcome after the other. */
function setUp({ outcomes, backOff, hasOnFailure = false, returns = false, commit }: Given): Bench {
  const { log, lines } = recordingLog();
  const calls: Call[] = [];
  const committed: unknown[] = [];
  const rest = [...outcomes];
  const executor = {
    capacity: 1,
    execute: async (call: Call) => {
      calls.push(call);
      return rest.shift() ?? assert.fail('one call too many');
    },
  } as unknown as Executor;
  const record: CommitEffects = async (effects) => {
    committed.push(effects);
  };
  const dispatcher = new Dispatcher('shop', commit ?? record, log);
  const counts = new Counts();
  const onFailure = hasOnFailure ? { kind: 'function', call: () => {}, inject: [] } : undefined;
  const entrypoint = { definition: { returns } };
  const route = { id: '0/0/price', target: 'Orders.price', backOff, onFailure, entrypoint };
  const seat = { route, executor, timeout: 1_000, counts } as unknown as RouteSeat;
  return {
    dispatcher,
    dispatch: async (request, settle) => dispatcher.dispatch(seat, request, settle),
    dispatchBatch: (requests, settle) => dispatcher.dispatchBatch(seat, requests, settle),
    calls,
    committed,
    lines,
    counts: () => Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
