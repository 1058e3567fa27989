import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pulse, type PulseStep, reconnectPause } from '@micro-framework/amqp/internal';

/** Ticks until the pulse asks for the end of the connection, and what for. */
function ticksUntilEnd(
  pulse: Pulse,
  beat: (tick: number) => boolean,
  on: (step: PulseStep) => void = () => {},
): { readonly ms: number; readonly end: PulseStep } {
  for (let tick = 1; tick < 10_000; tick += 1) {
    const step = pulse.beat(beat(tick));
    on(step);
    if (step === 'silent' || step === 'unheard') return { ms: tick * pulse.tick, end: step };
  }
  return { ms: Number.POSITIVE_INFINITY, end: 'nothing' };
}

for (const heartbeat of [1, 2, 5, 10, 60]) {
  describe(`at a heartbeat of ${heartbeat} s`, () => {
    const limit = 2_000 * heartbeat;

    test('a broker that says nothing and answers nothing is given up within two heartbeats', () => {
      const { ms } = ticksUntilEnd(new Pulse(heartbeat), () => false);

      assert.ok(ms <= limit && ms > limit / 2, `${ms}`);
    });

    test('a broker that reads nothing and says nothing of it is given up after two heartbeats', () => {
      const pulse = new Pulse(heartbeat);
      pulse.hold();
      const { ms, end } = ticksUntilEnd(pulse, () => false);

      assert.equal(end, 'silent');
      assert.ok(ms >= limit && ms <= limit + 500, `${ms}`);
    });

    test('a broker that beats but answers nothing is given up within two heartbeats and half a second', () => {
      const { ms, end } = ticksUntilEnd(new Pulse(heartbeat), () => true);

      assert.equal(end, 'unheard');
      assert.ok(ms <= limit + 500, `${ms}`);
    });

    test('a broker that beats twice a heartbeat and answers is asked twice a heartbeat, and kept', () => {
      const pulse = new Pulse(heartbeat);
      let asked = 0;
      const { end } = ticksUntilEnd(
        pulse,
        (tick) => tick % 5 === 0,
        (step) => {
          if (step !== 'ask') return;
          asked += 1;
          pulse.answered();
        },
      );

      assert.equal(end, 'nothing');
      const beats = (10_000 * pulse.tick) / (1_000 * heartbeat);
      assert.ok(asked > beats && asked <= 2 * beats + 1, `${asked} in ${beats} heartbeats`);
    });

    test('a broker that has not answered yet is kept while our bytes move, and given up once they stand', () => {
      const pulse = new Pulse(heartbeat);
      for (let tick = 0; tick < 10_000; tick += 1) {
        pulse.moved();
        assert.notEqual(pulse.beat(true), 'unheard');
      }

      const { ms, end } = ticksUntilEnd(pulse, () => true);

      assert.equal(end, 'unheard');
      assert.ok(ms <= 1.5 * 1_000 * heartbeat + pulse.tick, `${ms}`);
    });

    test('a broker that reads nothing for now is not asked, and not blamed for what it was asked before', () => {
      const pulse = new Pulse(heartbeat);
      while (pulse.beat(true) !== 'ask');
      pulse.hold();
      for (let tick = 0; tick < 10_000; tick += 1) assert.equal(pulse.beat(true), 'nothing');
      pulse.release();

      const { ms, end } = ticksUntilEnd(pulse, () => true);

      assert.equal(end, 'unheard');
      assert.ok(ms >= 1.5 * 1_000 * heartbeat, `${ms}`);
    });
  });
}

describe('the pause before the next try', () => {
  test('begins at a tenth of a second and ends at two, never below half of it', () => {
    const longest = [1, 2, 3, 4, 5, 6, 50].map((attempt) => reconnectPause(attempt, () => 1));
    const shortest = [1, 2, 3, 4, 5, 6, 50].map((attempt) => reconnectPause(attempt, () => 0));

    assert.deepEqual(longest, [100, 200, 400, 800, 1_600, 2_000, 2_000]);
    assert.deepEqual(shortest, [50, 100, 200, 400, 800, 1_000, 1_000]);
  });

  test('is not the same for all', () => {
    const pauses = new Set(Array.from({ length: 20 }, () => reconnectPause(5)));

    assert.ok(pauses.size > 10);
  });
});
