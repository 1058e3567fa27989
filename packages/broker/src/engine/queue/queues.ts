import { AmqpError } from '../../amqp-error.js';
import { assertSame, assertSameArguments } from '../equivalence.js';
import type { Exchanges } from '../exchange/exchanges.js';
import { generatedName } from '../names.js';
import { Queue, type QueueSettings } from './queue.js';
import { comparedArguments, readQueueArguments, refuseLongDeadKey } from './queue-arguments.js';
import type { QueueHost } from './queue-host.js';

/** All queues of a broker. An exclusive queue is there for its connection alone. */
export class Queues {
  readonly byName = new Map<string, Queue>();

  constructor(
    readonly host: QueueHost,
    readonly exchanges: Exchanges,
  ) {}

  /** The queue, for a connection that may use it. */
  get(name: string, owner: object): Queue {
    const queue = this.byName.get(name);
    if (!queue) throw new AmqpError('NOT_FOUND', `no ${this.exchanges.label('queue', name)}`);
    if (queue.settings.exclusive && queue.owner !== owner) throw locked(queue);
    return queue;
  }

  /** An empty name asks for a name of the server's. */
  declare(name: string, wanted: QueueSettings, owner: object): Queue {
    const there = this.byName.get(name);
    if (there) {
      assertEquivalent(this.get(name, owner), wanted);
      return there;
    }
    if (name.startsWith('amq.'))
      throw new AmqpError('ACCESS_REFUSED', `queue name '${name}' contains reserved prefix 'amq.*'`);
    refuseLongDeadKey(wanted.args, this.exchanges.label('queue', name));
    return this.create(name || generatedName('amq.gen-'), wanted, owner);
  }

  /** What `declare` and a recovery have in common. */
  create(name: string, settings: QueueSettings, owner: object | undefined): Queue {
    const label = this.exchanges.label('queue', name);
    const policy = readQueueArguments(settings.args, label);
    if (policy.quorum) assertFitForQuorum(settings, label);
    const queue = new Queue(name, label, settings, policy, settings.exclusive ? owner : undefined, this.host);
    if (queue.kept) this.host.store.queueDeclared(queue);
    this.byName.set(name, queue);
    this.exchanges.get('').bind(queue, name);
    return queue;
  }

  /** Deletes it with all it holds, tells its consumers, and returns how many messages were waiting. */
  remove(queue: Queue): number {
    if (queue.deleted) return 0;
    this.byName.delete(queue.name);
    if (queue.kept) this.host.store.queueDeleted(queue);
    const { messages, consumers } = queue.close();
    this.exchanges.forget(queue);
    for (const consumer of consumers) consumer.channel.drop(consumer);
    return messages;
  }

  delete(name: string, owner: object, { ifUnused = false, ifEmpty = false } = {}): number {
    if (!this.byName.has(name)) return 0;
    const queue = this.get(name, owner);
    if (ifUnused && queue.turns.size > 0) throw new AmqpError('PRECONDITION_FAILED', `${queue.label} in use`);
    if (ifEmpty && queue.waiting.length > 0)
      throw new AmqpError('PRECONDITION_FAILED', `${queue.label} not empty`);
    return this.remove(queue);
  }

  /** A connection has ended, and its exclusive queues end with it. */
  release(owner: object): void {
    for (const queue of [...this.byName.values()]) if (queue.owner === owner) this.remove(queue);
  }
}

function assertEquivalent({ label, settings }: Queue, wanted: QueueSettings): void {
  // RabbitMQ looks at exclusive first, and has only one answer for it.
  if (settings.exclusive !== wanted.exclusive) throw lockedBy(label);
  assertSame('durable', label, wanted.durable, settings.durable);
  assertSame('auto_delete', label, wanted.autoDelete, settings.autoDelete);
  assertSameArguments(comparedArguments, label, wanted.args, settings.args);
}

function assertFitForQuorum(settings: QueueSettings, label: string): void {
  const misfit = !settings.durable
    ? 'non-durable'
    : settings.exclusive
      ? 'exclusive-owner'
      : settings.autoDelete
        ? 'auto-delete'
        : undefined;
  if (misfit) throw new AmqpError('PRECONDITION_FAILED', `invalid property '${misfit}' for ${label}`);
}

function locked(queue: Queue): AmqpError {
  return lockedBy(queue.label);
}

function lockedBy(label: string): AmqpError {
  const detail =
    `cannot obtain exclusive access to locked ${label}. It could be originally declared on another connection or ` +
    'the exclusive property value does not match that of the original declaration.';
  return new AmqpError('RESOURCE_LOCKED', detail);
}
