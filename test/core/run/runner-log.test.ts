import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startChild } from '../support/child.js';

type Line = Readonly<Record<string, unknown>>;

describe('the log of a runner', () => {
  test('tells a start that failed, once, with the error', async (t) => {
    const child = startChild(t, 'lifecycle', {
      WORKER_MODE: 'inline',
      LOG_LEVEL: 'info',
      SCENARIO: 'broken setup',
    });

    const lines = linesOf((await child.ended).output);

    const fatal = lines.filter(({ level }) => level === 60);
    assert.deepEqual(
      fatal.map(({ msg }) => msg),
      ['the service cannot start'],
    );
    assert.equal((fatal[0]?.err as { message?: string } | undefined)?.message, 'the door is stuck');
  });

  for (const mode of ['inline', 'thread']) {
    test(`tells when it drains, and which call of its ${mode} workers it cut off`, async (t) => {
      const child = startChild(t, 'lifecycle', {
        WORKER_MODE: mode,
        LOG_LEVEL: 'info',
        SCENARIO: 'hanging call',
        SHUTDOWN_TIMEOUT: '100',
      });
      await child.until('call begun');
      await child.until('== started');

      child.kill('SIGTERM');
      const lines = linesOf((await child.ended).output);

      const draining = lines.find(({ msg }) => String(msg).startsWith('draining'));
      assert.equal(draining?.calls, 1);
      const cutOff = lines.filter(({ msg }) => msg === 'the stop cut off a call at its deadline');
      assert.deepEqual(
        cutOff.map(({ route }) => route),
        ['Tasks.work'],
      );
      assert.match(String(cutOff[0]?.call), /Tasks\.work\.[0-9a-f-]{36}$/);
    });
  }
});

function linesOf(output: string): Line[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}
