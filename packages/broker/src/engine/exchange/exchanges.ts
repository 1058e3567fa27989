import { AmqpError } from '../../amqp-error.js';
import { emptyTable, type FieldTable } from '../../codec/field-table.js';
import { assertSame, assertSameArguments } from '../equivalence.js';
import type { Store } from '../store.js';
import type { Binding, Destination } from './binding.js';
import { Exchange, type ExchangeSettings } from './exchange.js';
import { type ExchangeType, matchers } from './matcher.js';

export type Label = (kind: 'queue' | 'exchange', name: string) => string;

const builtIn: readonly [name: string, type: ExchangeType, internal: boolean][] = [
  ['', 'direct', false],
  ['amq.direct', 'direct', false],
  ['amq.fanout', 'fanout', false],
  ['amq.topic', 'topic', false],
  ['amq.headers', 'headers', false],
  ['amq.match', 'headers', false],
];

/** What a client asks for; the type is still a text. */
export interface ExchangeDeclaration extends Omit<ExchangeSettings, 'type'> {
  readonly type: string;
}

/** All exchanges of a broker and the bindings between them and the queues. */
export class Exchanges {
  readonly byName = new Map<string, Exchange>();

  constructor(
    readonly label: Label,
    readonly store: Store,
  ) {
    for (const [name, type, internal] of builtIn) {
      const settings = { type, durable: true, autoDelete: false, internal, args: emptyTable };
      this.byName.set(name, new Exchange(name, label('exchange', name), settings));
    }
  }

  get(name: string): Exchange {
    const exchange = this.byName.get(name);
    if (!exchange) throw new AmqpError('NOT_FOUND', `no ${this.label('exchange', name)}`);
    return exchange;
  }

  /** An exchange that a client may bind. */
  getBindable(name: string): Exchange {
    refuseDefault(name);
    return this.get(name);
  }

  declare(name: string, wanted: ExchangeDeclaration): void {
    if (!isType(wanted.type))
      throw new AmqpError('COMMAND_INVALID', `unknown exchange type '${wanted.type}'`);
    refuseDefault(name);
    const there = this.byName.get(name);
    if (there) {
      assertEquivalent(there, wanted);
      return;
    }
    if (name.startsWith('amq.'))
      throw new AmqpError('ACCESS_REFUSED', `exchange name '${name}' contains reserved prefix 'amq.*'`);
    const label = this.label('exchange', name);
    const alternate = wanted.args.get('alternate-exchange');
    if (alternate && alternate.type !== 'longstr') {
      const fault = `invalid type '${alternate.type}' for arg 'alternate-exchange' in ${label}`;
      throw new AmqpError('PRECONDITION_FAILED', fault);
    }
    const exchange = new Exchange(name, label, { ...wanted, type: wanted.type });
    if (exchange.settings.durable) this.store.exchangeDeclared(exchange);
    this.byName.set(name, exchange);
  }

  delete(name: string, ifUnused: boolean): void {
    refuseDefault(name);
    const exchange = this.byName.get(name);
    if (name.startsWith('amq.'))
      throw new AmqpError('ACCESS_REFUSED', `deletion of system ${this.label('exchange', name)} not allowed`);
    if (!exchange) return;
    if (ifUnused && !exchange.unused) throw new AmqpError('PRECONDITION_FAILED', `${exchange.label} in use`);
    this.#remove(exchange);
  }

  bind(destination: Destination, source: string, key: string, args: FieldTable): void {
    refuseDefault(source);
    const exchange = this.get(source);
    const binding = exchange.bind(destination, key, args);
    if (!binding || !isKept(binding)) return;
    try {
      this.store.bound(binding);
    } catch (error) {
      exchange.unbind(destination, key, args);
      throw error;
    }
  }

  unbind(destination: Destination, source: string, key: string, args: FieldTable): void {
    const binding = this.byName.get(source)?.unbind(destination, key, args);
    if (binding) this.#unbound(binding);
  }

  /** A queue or exchange is gone, and with it every binding that led to it. */
  forget(destination: Destination): void {
    for (const binding of [...destination.incoming]) {
      binding.source.unbind(destination, binding.key, binding.args);
      this.#unbound(binding);
    }
  }

  #unbound(binding: Binding): void {
    const { source } = binding;
    if (isKept(binding)) this.store.unbound(binding);
    if (source.settings.autoDelete && source.unused) this.#remove(source);
  }

  #remove(exchange: Exchange): void {
    if (!this.byName.delete(exchange.name)) return;
    for (const { destination } of exchange.bindings)
      for (const binding of destination.incoming)
        if (binding.source === exchange) destination.incoming.delete(binding);
    if (exchange.settings.durable) this.store.exchangeDeleted(exchange);
    this.forget(exchange);
  }
}

/** Whether a binding has to be there after a restart. The default exchange's come with their queues. */
export function isKept({ source, destination }: Binding): boolean {
  const lasting = destination.kind === 'queue' ? destination.kept : destination.settings.durable;
  return lasting && source.settings.durable && source.name !== '';
}

export function refuseDefault(name: string): void {
  if (name === '') throw new AmqpError('ACCESS_REFUSED', 'operation not permitted on the default exchange');
}

function isType(type: string): type is ExchangeType {
  return Object.hasOwn(matchers, type);
}

function assertEquivalent({ label, settings }: Exchange, wanted: ExchangeDeclaration): void {
  assertSame('type', label, wanted.type, settings.type);
  assertSame('durable', label, wanted.durable, settings.durable);
  assertSame('auto_delete', label, wanted.autoDelete, settings.autoDelete);
  assertSame('internal', label, wanted.internal, settings.internal);
  assertSameArguments(['alternate-exchange'], label, wanted.args, settings.args);
}
