import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import { claimMessage, electionQueue } from '@micro-framework/amqp/internal';
import { startBroker } from '@micro-framework/broker';
import { Deadline } from '@micro-framework/core';
import { openPeer, type Peer } from '../../support/amqp-peer.js';
import { brokers } from '../../support/brokers.js';
import { eventually } from '../../support/eventually.js';
import { type Candidate, leaderOf, leadersOf, standing } from '../../support/standing.js';

/** Milliseconds in the past that are a second apart, as a timer's moments are. */
const first = new Date(Date.now() - 30_000);
const [second, third] = [later(1), later(2)];

for (const { name, open } of brokers) {
  describe(`an election on ${name}`, () => {
    test('has one leader, and only that one is granted claims', async (t) => {
      const { uri, unique } = await open();
      const candidates = await standing(t, { uri, service: unique('reports') }, 3);
      await eventually(() => assert.equal(leadersOf(candidates).length, 1));

      const granted = await Promise.all(candidates.map(({ leadership }) => leadership.claim(first)));

      assert.deepEqual(
        granted,
        candidates.map(({ elected }) => elected > 0),
      );
    });

    test('grants a moment once, and none before it afterwards', async (t) => {
      const { uri, unique } = await open();
      const [one] = await standing(t, { uri, service: unique('reports') }, 1);
      await eventually(() => assert.equal(one?.elected, 1));
      const claim = (moment: Date): Promise<boolean> | undefined => one?.leadership.claim(moment);

      const together = await Promise.all([claim(second), claim(second)]);

      assert.deepEqual(together.sort(), [false, true]);
      assert.equal(await claim(second), false);
      assert.equal(await claim(first), false);
      assert.equal(await claim(third), true);
    });

    test('goes on when the leader stops: the next one knows what was granted', async (t) => {
      const { uri, unique } = await open();
      const candidates = await standing(t, { uri, service: unique('reports') }, 2);
      const leader = await leaderOf(candidates);
      await leader.leadership.claim(second);

      await leader.leadership.stop(Deadline.in(2_000));
      const next = await leaderOf(candidates.filter((one) => one !== leader));

      assert.equal(await next.leadership.claim(second), false);
      assert.equal(await next.leadership.claim(third), true);
      assert.equal(await leader.leadership.claim(later(3)), false);
    });

    test('outlives all instances: those that come later know what was granted', async (t) => {
      const { uri, unique } = await open();
      const place = { uri, service: unique('reports') };
      const [before] = await standing(t, place, 1);
      await eventually(() => assert.equal(before?.elected, 1));
      await before?.leadership.claim(second);
      await before?.stop();

      const [after] = await standing(t, place, 1);
      await eventually(() => assert.equal(after?.elected, 1));

      assert.equal(await after?.leadership.claim(second), false);
      assert.equal(await after?.leadership.claim(third), true);
    });

    test('refuses a moment that somebody has claimed who is not the leader any more', async (t) => {
      const { uri, unique } = await open();
      const place = { uri, service: unique('reports') };
      const peer = await openPeer(t, uri);
      const [one] = await standing(t, place, 1);
      await eventually(() => assert.equal(one?.elected, 1));

      await sendClaim(peer, place.service, second);

      assert.equal(await one?.leadership.claim(second), false);
      assert.equal(await one?.leadership.claim(third), true);
    });

    test('keeps one message, however long it goes on', async (t) => {
      const { uri, unique } = await open();
      const place = { uri, service: unique('reports') };
      const candidates = await standing(t, place, 3, { patience: 10_000, callInterval: 5 });
      const leader = await leaderOf(candidates);
      for (let n = 0; n < 20; n++) await leader.leadership.claim(later(n));

      const others = candidates.filter((one) => one !== leader);
      for (const other of others) await other.stop();
      await leader.stop();

      const peer = await openPeer(t, uri);
      const left = await peer.count(electionQueue(place.service, 'Reports.tick'));
      // Calls that came while it stopped are read by the next leader.
      assert.ok(left >= 1 && left < 10, `${left} messages`);
    });

    test('is held again when its queue was deleted, and its leader forgets nothing', async (t) => {
      const { uri, unique } = await open();
      const place = { uri, service: unique('reports') };
      const [one] = await standing(t, place, 1);
      await eventually(() => assert.equal(one?.elected, 1));
      await one?.leadership.claim(second);

      const peer = await openPeer(t, uri);
      await peer.channel.deleteQueue(electionQueue(place.service, 'Reports.tick'));
      await eventually(() => assert.equal(one?.elected, 2));

      assert.equal(await one?.leadership.claim(second), false);
      assert.equal(await one?.leadership.claim(third), true);
    });

    test('is not stopped by a message that is no claim, and drops it with a warning', async (t) => {
      const { uri, unique } = await open();
      const place = { uri, service: unique('reports') };
      const peer = await openPeer(t, uri);
      const [one] = await standing(t, place, 1);
      await eventually(() => assert.equal(one?.elected, 1));

      for (const body of ['nonsense', '{"kind":"claim","moment":"never"}', '{"moment":null}', 'null', ''])
        peer.channel.sendToQueue(electionQueue(place.service, 'Reports.tick'), Buffer.from(body));
      await eventually(() => assert.equal(one?.context.logged.length, 5));

      assert.match(one?.context.logged[0] ?? '', /a message that is no claim was dropped/);
      assert.equal(await one?.leadership.claim(first), true);
    });

    test('grants nothing before a tick that a predecessor had, however slow the clock of the next leader', async (t) => {
      const { uri, unique } = await open();
      const place = { uri, service: unique('reports') };
      const [before] = await standing(t, place, 1);
      await leaderOf([before as Candidate]);
      // To the successor the clock of its predecessor is two minutes fast.
      const had = new Date(Date.now() + 120_000);
      assert.equal(await before?.leadership.claim(had), true);
      await before?.stop();

      const [after] = await standing(t, place, 1, { patience: 10_000, callInterval: 5 });
      await eventually(() => assert.equal(after?.context.lines.length, 1));

      assert.equal(after?.context.lines[0]?.fields.sender, `${hostname()} ${process.pid}`);
      for (const moment of [first, second, had]) assert.equal(await after?.leadership.claim(moment), false);
      assert.equal(await after?.leadership.claim(new Date(had.getTime() + 1_000)), true);
    });

    test('starts afresh without a restart when a claim of years ahead is deleted with its queue', async (t) => {
      const { uri, unique } = await open();
      const place = { uri, service: unique('reports') };
      const peer = await openPeer(t, uri);
      const candidates = await standing(t, place, 2);
      const leader = await leaderOf(candidates);
      const inYears = new Date(Date.now() + 10 * 365 * 86_400_000);
      await sendClaim(peer, place.service, inYears);
      await eventually(() => assert.equal(leader.context.lines.length, 1));
      assert.deepEqual(leader.context.lines[0]?.fields, {
        queue: electionQueue(place.service, 'Reports.tick'),
        moment: inYears,
        sender: 'another machine',
      });
      assert.equal(await leader.leadership.claim(first), false);

      await peer.channel.deleteQueue(electionQueue(place.service, 'Reports.tick'));

      const granted = await eventually(async () => {
        const claims = await Promise.all(candidates.map(({ leadership }) => leadership.claim(first)));
        assert.ok(claims.includes(true));
        return claims;
      });
      assert.deepEqual(granted.sort(), [false, true]);
    });

    test('tells that its queue is there already as another kind of queue', async (t) => {
      const { uri, unique } = await open();
      const service = unique('reports');
      const peer = await openPeer(t, uri);
      await peer.channel.assertQueue(electionQueue(service, 'Reports.tick'));

      await assert.rejects(
        standing(t, { uri, service }, 1),
        ({ code, message }: Error & { code: string }) => {
          assert.equal(code, 'TOPOLOGY_CLASH');
          assert.match(message, /The cluster timer Reports\.tick wants it/);
          return true;
        },
      );
    });
  });
}

test('a claim that the broker does not confirm in time is none, and its leader steps down', async (t) => {
  const broker = await startBroker();
  const place = { uri: broker.url as string, service: 'reports' };
  const [one] = await standing(t, place, 1, { patience: 200, callInterval: 60_000 });
  t.after(() => broker.close());
  await eventually(() => assert.equal(one?.elected, 1));

  await broker.faults.withholdConfirms(true);
  const unconfirmed = await one?.leadership.claim(first);
  await broker.faults.withholdConfirms(false);
  await eventually(() => assert.equal(one?.elected, 2));

  assert.equal(unconfirmed, false);
  assert.match(one?.context.logged.join() ?? '', /a tick was dropped: the broker did not grant it in time/);
  // It came too late for its tick, but nobody gets it any more.
  assert.equal(await one?.leadership.claim(first), false);
  assert.equal(await one?.leadership.claim(second), true);
});

test('a line that is empty of claims is called to: an election never stays without a leader', async (t) => {
  const broker = await startBroker();
  const place = { uri: broker.url as string, service: 'reports' };
  await broker.faults.nackPublishes(1);
  const [one] = await standing(t, place, 1, { patience: 1_000, callInterval: 50 });
  t.after(() => broker.close());

  await eventually(() => assert.equal(one?.elected, 1));
});

test('a queue name that no broker takes is a fault of the configuration', () => {
  assert.throws(() => electionQueue('reports', 'x'.repeat(250)), /BAD_CONFIG|too long/);
});

/** A claim such as an instance sends that does not know it was cut off. */
async function sendClaim(peer: Peer, service: string, moment: Date): Promise<void> {
  const claim = {
    id: 'elsewhere',
    kind: 'claim' as const,
    moment: moment.getTime(),
    sender: 'another machine',
  };
  const { routingKey, body, properties } = claimMessage(electionQueue(service, 'Reports.tick'), claim);
  peer.channel.sendToQueue(routingKey, body, properties);
  await peer.count(routingKey);
}

function later(seconds: number): Date {
  return new Date(first.getTime() + 1_000 * seconds);
}
