import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CallClient,
  type CallClientOptions,
  type CarrierEvents,
  defaultClientOptions,
  type OutgoingCall,
  reviveError,
} from '@micro-framework/core/rpc';

describe('a call that can never be sent', () => {
  test('ends alone: those behind it are sent', async () => {
    const { client, carrier } = clientOver((call) => {
      if (call.target === 'bad') throw new RangeError('its name is too long');
    });
    const bad = client.call('bad');
    const ill = client.notify('bad');
    const good = client.call('good');

    carrier.open();
    carrier.answer('good');

    for (const ended of [bad, ill])
      await assert.rejects(ended, {
        code: 'RPC_UNSENDABLE',
        message: 'nowhere: bad cannot be sent: its name is too long',
      });
    assert.equal(await good, 'good');
    assert.equal(client.pending, 0);
  });

  test('leaves its place to others', async () => {
    const { client, carrier } = clientOver(
      ({ target }) => {
        if (target === 'bad') throw new RangeError('its name is too long');
      },
      { maxInFlight: 1 },
    );
    carrier.open();

    await assert.rejects(client.call('bad'), { code: 'RPC_UNSENDABLE' });
    const good = client.call('good');
    carrier.answer('good');

    assert.equal(await good, 'good');
  });
});

describe('a client that is closed', () => {
  test('has no timer left of a call that rested', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const { client, carrier } = clientOver(() => {});
    carrier.open();
    const before = timers();
    const call = assert.rejects(client.call('busy'), { code: 'RPC_UNREACHABLE' });
    carrier.refuse('busy');
    assert.equal(timers(), before + 2);

    await client.close();

    assert.equal(timers(), before);
    await call;
  });
});

interface FakeCarrier {
  open(): void;
  /** Answers the last call of that target, with the target's name. */
  answer(target: string): void;
  /** Says that there is no room for it. */
  refuse(target: string): void;
}

/** A client over a carrier that is away until it is opened. */
function clientOver(
  send: (call: OutgoingCall) => void,
  options: CallClientOptions = {},
): { readonly client: CallClient; readonly carrier: FakeCarrier } {
  const ids = new Map<string, number | undefined>();
  let events: CarrierEvents | undefined;
  let state: 'open' | 'away' | 'closed' = 'away';
  const client = new CallClient({
    where: 'nowhere',
    options: { ...defaultClientOptions, ...options },
    dialect: { notifies: true, directory: undefined },
    revive: reviveError,
    createCarrier(told) {
      events = told;
      return {
        get state() {
          return state;
        },
        isFull: false,
        want() {},
        send(call) {
          send(call);
          ids.set(call.target, call.id);
        },
        forsake() {},
        async close() {
          state = 'closed';
        },
      };
    },
  });
  const carrier: FakeCarrier = {
    open() {
      state = 'open';
      events?.opened();
    },
    answer: (target) => events?.answered(ids.get(target), { kind: 'result', value: target }),
    refuse: (target) => events?.answered(ids.get(target), { kind: 'again', message: 'no room' }),
  };
  return { client, carrier };
}
