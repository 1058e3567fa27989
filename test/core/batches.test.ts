import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { bootstrap, type CallRequest, type Ending, type Runner } from '@micro-framework/core';
import { committed, LedgerModule, type Line } from './fixtures/ledger.js';
import { contextOf } from './support/probe.js';
import { workerModes } from './support/worker-modes.js';

for (const workerMode of workerModes) {
  describe(`a batch whose handler runs ${workerMode}`, () => {
    let runner: Runner;
    before(async () => {
      runner = await bootstrap(LedgerModule, {
        serviceName: 'shop',
        workerMode,
        maxWorkers: 2,
        taskGrace: 50,
        logLevel: 'silent',
        signals: false,
      });
    });
    after(() => runner.stop());
    beforeEach(() => {
      committed.length = 0;
    });

    test('is one call with the messages that are left after filter and checks, each ended by itself', async () => {
      const endings = await book([line('a'), { input: 'filter me' }, { input: 'malformed' }, line('b')]);

      assert.deepEqual(endings.map(kindOf), ['ack', 'ack filtered', 'dead-letter rejected 1', 'ack']);
      assert.deepEqual(
        committed.map(({ ids }) => ids),
        [['line a', 'line b']],
      );
    });

    test('whose messages are all filtered calls nobody', async () => {
      assert.deepEqual((await book([{ input: 'filter me' }])).map(kindOf), ['ack filtered']);
      assert.deepEqual(committed, []);
    });

    test('fails where its handler says so, each message by its own count of attempts', async () => {
      const endings = await book([
        line('a', 'fail'),
        { input: 'filter me' },
        { ...line('b', 'fail'), attempt: 2 },
        line('c'),
        line('d', 'refuse'),
      ]);

      assert.deepEqual(endings.map(kindOf), [
        'retry 2',
        'ack filtered',
        'dead-letter failed 2',
        'ack',
        'dead-letter rejected 1',
      ]);
      assert.equal(errorOf(endings[0]), 'line a is locked');
      assert.equal(errorOf(endings[2]), 'line b is locked');
      const [call, failure, ...others] = committed;
      assert.deepEqual(call?.ids, ['line a', 'line b', 'line c', 'line d']);
      // Alone, and as it came: `onFailure` is about one message.
      assert.deepEqual(
        [failure?.by, failure?.ids, failure?.attempt],
        ['failed', ['line b', 'line b is locked'], 2],
      );
      assert.deepEqual(others, []);
    });

    test('fails whole where its handler throws, or names messages that are not there, and emits nothing', async () => {
      const thrown = await book([line('a'), { ...line('b', 'fail-all'), attempt: 2 }]);
      const nonsense = await book([line('a'), line('b', 'name-nobody')]);

      assert.deepEqual(thrown.map(kindOf), ['retry 2', 'dead-letter failed 2']);
      assert.deepEqual(nonsense.map(kindOf), ['dead-letter failed 1', 'dead-letter failed 1']);
      assert.ok(committed.every(({ by }) => by === 'failed'));
    });

    test('fails where what it emitted cannot be committed, but for what never reached the handler', async () => {
      const endings = await book([line('a', 'emit-unlucky'), { input: 'malformed' }, { input: 'filter me' }]);

      assert.deepEqual(endings.map(kindOf), ['retry 2', 'dead-letter rejected 1', 'ack filtered']);
      assert.equal(errorOf(endings[0]), 'the books are closed');
    });

    test('knows of each message what came along, and of the call what they have in common', async () => {
      const headers = (sender: string): Partial<CallRequest> => ({ headers: { sender } });
      const [ending] = await book([
        { ...line('a'), ...headers('x'), messageId: 'm1', attempt: 1, callIdStack: ['root', 'left'] },
        { ...line('b'), ...headers('y'), attempt: 2, callIdStack: ['root', 'right', 'deep'] },
      ]);

      assert.equal(ending?.kind, 'ack');
      const [{ attempt, attempts, senders, stack } = assert.fail('nothing was committed')] = committed;
      assert.deepEqual([attempt, attempts], [2, [1, 2]]);
      assert.deepEqual(senders, [
        ['x', 'm1'],
        ['y', undefined],
      ]);
      assert.equal(stack[0], 'root');
      assert.match(stack[1] ?? '', /^shop\.Ledger\.book\./);
      assert.equal(stack.length, 2);
    });

    test('that takes too long is called one by one: only the message that does it has failed', async () => {
      const before = { ...runner.routes[0]?.counts };

      const endings = await book([line('a'), line('b', 'never-end'), line('c')]);

      assert.deepEqual(endings.map(kindOf), ['ack', 'retry 2', 'ack']);
      assert.deepEqual(committed.map(({ ids }) => ids).sort(), [['line a'], ['line c']]);
      const { succeeded = 0, timedOut = 0, retried = 0 } = runner.routes[0]?.counts ?? {};
      assert.equal(succeeded - (before.succeeded ?? 0), 2);
      assert.equal(retried - (before.retried ?? 0), 1);
      // The batch, and then the message.
      assert.equal(timedOut - (before.timedOut ?? 0), 2);
    });

    if (workerMode !== 'inline') {
      test('that kills its worker is called one by one: only the message that does it has failed', async () => {
        const endings = await book([
          line('a'),
          line('b', 'exit'),
          { ...line('c', 'exit'), attempt: 2 },
          line('d'),
        ]);

        assert.deepEqual(endings.map(kindOf), ['ack', 'retry 2', 'dead-letter crashed 2', 'ack']);
      });
    }

    async function book(requests: readonly CallRequest[]): Promise<readonly Ending[]> {
      const settled: Ending[] = [];
      const endings = await contextOf('Ledger.book').dispatchBatch(requests, (ending, index) => {
        assert.equal(settled[index], undefined);
        settled[index] = ending;
      });
      assert.deepEqual(settled, endings);
      return endings;
    }
  });
}

function line(id: string, does?: Line['does']): CallRequest {
  return { input: [{ id, ...(does && { does }) }] };
}

function kindOf(ending: Ending): string {
  switch (ending.kind) {
    case 'ack':
      assert.equal(ending.value, undefined);
      return ending.filtered ? 'ack filtered' : 'ack';
    case 'retry':
      return `retry ${ending.attempt}`;
    case 'dead-letter':
      return `dead-letter ${ending.reason} ${ending.attempt}`;
    case 'requeue':
      return `requeue ${ending.reason}`;
  }
}

function errorOf(ending: Ending | undefined): string | undefined {
  return ending && 'error' in ending ? ending.error.message : undefined;
}
