import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Session, session } from '@micro-framework/amqp/internal';
import {
  bootstrap,
  Deadline,
  type FrameworkError,
  type Runner,
  type SettingOptions,
} from '@micro-framework/core';
import { eventually } from '../support/eventually.js';
import { type FakeContext, fakeContext } from '../support/fake-context.js';
import { Ledger } from '../support/ledger.js';
import { EntriesModule } from './fixtures/entries-service.js';

/** A service that publishes entries, and one that enters them, both on one broker, with the ledger of both. */
export interface Entries {
  readonly ledger: Ledger;
  /** The service that listens: threads, as users have it. */
  readonly runner: Runner;
  /** The service that publishes. */
  readonly publishing: { readonly session: Session; readonly context: FakeContext<object> };
  /** Publishes one entry; the ledger gets its end. */
  publish(more?: { readonly hold?: number; readonly filler?: string }): Promise<void>;
  /** Publishes so many a second from now on, until {@link halt}. */
  run(aSecond: number): void;
  /** Publishes no more and resolves when each entry has ended and what was confirmed has been handled. */
  halt(within?: number): Promise<void>;
}

export const queue = 'ledger.entry__ledger.Entries.enter';

/** Starts both until the end of the test. */
export async function startEntries(
  t: TestContext,
  uri: string,
  settings: SettingOptions = {},
): Promise<Entries> {
  const ledger = new Ledger(t);
  const runner = await bootstrap(EntriesModule, {
    serviceName: 'ledger',
    amqpUri: uri,
    maxWorkers: 2,
    logLevel: (process.env.TEST_LOG ?? 'silent') as 'silent',
    signals: false,
    ...settings,
  });
  t.after(() => runner.stop(1_000));
  const context = fakeContext({
    options: {},
    config: { serviceName: 'ledger', amqpUri: uri, ...settings } as object,
  });
  const publisher = context.shared(session);
  await context.setupShared();
  t.after(() => publisher.stop(Deadline.in(100)));
  const open = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let last = 0;
  t.after(() => clearInterval(timer));

  const publish = async (more = {}): Promise<void> => {
    const id = String(++last);
    const body = Buffer.from(JSON.stringify({ id, file: ledger.file, ...more }));
    const properties = { contentType: 'application/json', messageId: id, persistent: true, mandatory: true };
    try {
      await publisher.publish({ exchange: 'ledger.events', routingKey: 'entry', body, properties });
      ledger.confirmed.add(id);
    } catch (error) {
      const { code, message } = error as FrameworkError;
      ledger.refused.set(id, `${code}: ${message}`);
    }
  };
  const begin = (): void => {
    const one = publish().finally(() => open.delete(one));
    open.add(one);
  };

  return {
    ledger,
    runner,
    publishing: { session: publisher, context },
    publish,
    run(aSecond) {
      const from = performance.now();
      let begun = 0;
      timer = setInterval(() => {
        for (const due = ((performance.now() - from) / 1_000) * aSecond; begun < due; begun += 1) begin();
      }, 10);
    },
    async halt(within = 60_000) {
      clearInterval(timer);
      await Promise.all(open);
      await eventually(() => {
        const handled = ledger.handled();
        const missing = [...ledger.confirmed].filter((id) => !handled.has(id));
        assert.equal(missing.length, 0, `${missing.length} are missing: ${missing.slice(0, 5)}`);
      }, within);
    },
  };
}

interface ConnectionDetails {
  readonly state: string;
  readonly lost: number;
  readonly attempts: number;
  readonly lastError?: string;
  readonly blocked?: string;
}

interface BrokerDetails {
  readonly consuming: ConnectionDetails;
  readonly publishing: ConnectionDetails;
  readonly consumers: { readonly expected: number; readonly active: number };
}

/** What a service that listens says of its broker. */
export function brokerHealth({ runner }: Pick<Entries, 'runner'>): BrokerDetails {
  const part = runner.health().parts.find(({ name }) => name === 'RabbitMQ');
  return part?.details as unknown as BrokerDetails;
}

/** Resolves, with the milliseconds that took, when both services have all that they had. */
export async function allBack(entries: Entries, within: number): Promise<number> {
  const from = performance.now();
  await eventually(() => {
    assert.equal(entries.runner.health().status, 'up', JSON.stringify(brokerHealth(entries)));
    assert.equal(entries.publishing.session.health().status, 'up');
  }, within);
  return Math.round(performance.now() - from);
}
