import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClaimLog, type Reading, toleratedSkew } from '@micro-framework/amqp/internal';
import fc from 'fast-check';

const now = Date.parse('2026-01-31T12:00:00Z');

describe('a log of claims', () => {
  test('has a first claim for each moment, and none before the latest', () => {
    const log = new ClaimLog<string>();

    const firsts = [100, 100, 300, 200, 301].map(
      (moment, n) => log.read({ kind: 'claim', moment }, `d${n}`, now).isFirst,
    );

    assert.deepEqual(firsts, [true, false, true, false, true]);
  });

  test('keeps the delivery of the latest moment', () => {
    const log = new ClaimLog<string>();

    const settled = [0, 100, 50, 200].map(
      (moment, n) => log.read({ kind: 'claim', moment }, `d${n}`, now).settled,
    );

    assert.deepEqual(settled, [[], ['d0'], ['d2'], ['d1']]);
  });

  test('keeps a newer delivery of the same moment if nobody can be granted anything by it', () => {
    const log = new ClaimLog<string>();

    const settled = (['claim', 'claim', 'call', 'claim'] as const).map(
      (kind, n) => log.read({ kind, moment: 100 }, `d${n}`, now).settled,
    );

    assert.deepEqual(settled, [[], ['d1'], ['d0'], ['d3']]);
  });

  test('learns from a call, but nobody is granted anything by it', () => {
    const log = new ClaimLog<string>();

    const { isFirst } = log.read({ kind: 'call', moment: 100 }, 'call', now);

    assert.deepEqual([isFirst, log.latest], [false, 100]);
  });

  test('tells once of a moment that is further ahead than clocks may differ, and grants nothing before it', () => {
    const log = new ClaimLog<string>();
    const read = (kind: 'claim' | 'call', moment: number): Reading<string> =>
      log.read({ kind, moment }, `${kind} ${moment}`, now);
    const [near, far] = [now + toleratedSkew, now + toleratedSkew + 1];

    assert.equal(read('claim', near).isAhead, false);
    assert.deepEqual(read('claim', far), { isFirst: true, isAhead: true, settled: [`claim ${near}`] });
    assert.deepEqual(read('call', far), { isFirst: false, isAhead: false, settled: [`claim ${far}`] });
    assert.equal(read('claim', now).isFirst, false);
  });

  test('forgets a moment far ahead with its channel: it is read again, unless somebody has deleted the queue', () => {
    const log = new ClaimLog<string>();
    log.read({ kind: 'claim', moment: now + toleratedSkew + 1 }, 'far', now);

    log.forgetDeliveries(now);

    assert.equal(log.latest, 0);
    assert.equal(log.read({ kind: 'claim', moment: now }, 'after', now).isFirst, true);
  });

  test('knows what was claimed also when its channel has gone', () => {
    const log = new ClaimLog<string>();
    log.read({ kind: 'claim', moment: 100 }, 'before', now);

    log.forgetDeliveries(now);
    const { isFirst, settled } = log.read({ kind: 'claim', moment: 100 }, 'after', now);

    assert.deepEqual([isFirst, settled], [false, []]);
  });
});

test('whatever is cut, late, frozen, or wrong about the time: no moment is granted twice', () => {
  const instance = fc.integer({ min: 0, max: 2 });
  const step = fc.oneof(
    fc.record({ does: fc.constant('claim' as const), who: instance, ahead: fc.integer({ min: 1, max: 2 }) }),
    fc.record({ does: fc.constantFrom('call', 'sent', 'read', 'lose', 'notice'), who: instance }),
    fc.record({ does: fc.constantFrom('deliver', 'tick') }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const model = new Model(3);
      for (const { does, who = 0, ahead = 0 } of steps as { does: Does; who?: number; ahead?: number }[])
        model[does](who, ahead);
      // Everybody catches up, and those who still can are granted what they asked for.
      model.settle();
      for (const [granted, times] of model.granted) assert.equal(times, 1, `moment ${granted}`);
    }),
    { numRuns: 2_000 },
  );
});

test('an instance that leads undisturbed is granted each moment it claims', () => {
  const model = new Model(3);
  for (let n = 1; n <= 5; n++) model.tick();

  assert.deepEqual([...model.granted.keys()], [1, 2, 3, 4, 5]);
});

type Does = 'tick' | 'claim' | 'call' | 'sent' | 'deliver' | 'read' | 'lose' | 'notice';

interface Sent {
  readonly id: number;
  readonly kind: 'claim' | 'call';
  readonly moment: number;
}

interface Entry extends Sent {
  readonly position: number;
}

interface Instance {
  /** What its clock says, all the time: of those that are slow most moments are of the future. */
  readonly now: number;
  readonly log: ClaimLog<Entry>;
  /** On the way to the broker, on a connection of its own: it may arrive whenever it likes. */
  readonly sending: Sent[];
  /** On the way from the broker. */
  inbox: Entry[];
  /** Claims that wait for their answer. */
  readonly asked: Set<number>;
  /** What the broker has delivered to it and not heard of again. */
  unacked: Entry[];
  /** The broker holds its channel for open. */
  isSeated: boolean;
}

/** A queue with a single active consumer, and instances whose connections are slow and may be cut unnoticed. */
class Model {
  readonly granted = new Map<number, number>();
  readonly #instances: Instance[];
  /** Of the instances, as the broker has them. */
  readonly #line: number[] = [];
  #queue: Entry[] = [];
  #ids = 0;
  #positions = 0;

  constructor(count: number) {
    this.#instances = Array.from({ length: count }, (_, who) => {
      this.#line.push(who);
      return {
        now: who === 0 ? now : 2 * who - toleratedSkew,
        log: new ClaimLog<Entry>(),
        sending: [],
        inbox: [],
        asked: new Set(),
        unacked: [],
        isSeated: true,
      };
    });
  }

  /** An instance that may be the leader or not claims a moment ahead of those it knows of. */
  claim(who: number, ahead: number): void {
    const { log, sending, asked } = this.#of(who);
    const id = ++this.#ids;
    asked.add(id);
    sending.push({ id, kind: 'claim', moment: log.latest + ahead });
  }

  /** The first in line claims the next moment, and nothing is in its way. */
  tick(): void {
    const [first] = this.#line;
    if (first === undefined) return;
    const { sending, inbox } = this.#of(first);
    this.claim(first, 1);
    while (sending.length > 0) this.sent(first);
    while (this.#queue.length > 0) this.deliver();
    while (inbox.length > 0) this.read(first);
  }

  call(who: number): void {
    const { log, sending } = this.#of(who);
    sending.push({ id: ++this.#ids, kind: 'call', moment: log.latest });
  }

  /** The next message of an instance reaches the queue. */
  sent(who: number): void {
    const message = this.#of(who).sending.shift();
    if (message) this.#queue.push({ ...message, position: ++this.#positions });
  }

  /** The broker sends the next message to the first in line. */
  deliver(): void {
    const first = this.#line[0];
    if (first === undefined) return;
    const entry = this.#queue.shift();
    if (!entry) return;
    const { unacked, inbox } = this.#of(first);
    unacked.push(entry);
    inbox.push(entry);
  }

  /** An instance reads its next delivery: also one whose channel has gone without its knowing. */
  read(who: number): void {
    const one = this.#of(who);
    const entry = one.inbox.shift();
    if (!entry) return;
    const { isFirst, settled } = one.log.read(entry, entry, one.now);
    if (one.isSeated) one.unacked = one.unacked.filter((delivered) => !settled.includes(delivered));
    if (one.asked.delete(entry.id) && isFirst)
      this.granted.set(entry.moment, (this.granted.get(entry.moment) ?? 0) + 1);
  }

  /** The broker gives a channel up, and takes back what it had delivered. */
  lose(who: number): void {
    const one = this.#of(who);
    if (!one.isSeated) return;
    one.isSeated = false;
    this.#line.splice(this.#line.indexOf(who), 1);
    this.#queue = [...one.unacked, ...this.#queue].sort((a, b) => a.position - b.position);
    one.unacked = [];
  }

  /** An instance notices that its channel has gone, and takes a new place. */
  notice(who: number): void {
    const one = this.#of(who);
    if (one.isSeated) return;
    one.inbox = [];
    one.asked.clear();
    one.log.forgetDeliveries(one.now);
    one.isSeated = true;
    this.#line.push(who);
  }

  /** Lets all that is on its way arrive. */
  settle(): void {
    for (const who of this.#instances.keys()) while (this.#of(who).sending.length > 0) this.sent(who);
    for (const who of this.#instances.keys()) while (this.#of(who).inbox.length > 0) this.read(who);
    while (this.#queue.length > 0 && this.#line.length > 0) {
      this.deliver();
      this.read(this.#line[0] as number);
    }
  }

  #of(who: number): Instance {
    return this.#instances[who] as Instance;
  }
}
