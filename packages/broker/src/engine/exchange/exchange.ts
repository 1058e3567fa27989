import { emptyTable, type FieldTable } from '../../codec/field-table.js';
import type { Message } from '../message/message.js';
import { type Binding, bindingId, type Destination } from './binding.js';
import { checkHeaderMatch } from './header-match.js';
import { type ExchangeType, type Matcher, matchers } from './matcher.js';

export interface ExchangeSettings {
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly args: FieldTable;
}

/** A named rule of routing and the bindings that leave it. */
export class Exchange {
  readonly kind = 'exchange';
  /** Where messages go that match no binding; the exchange of that name need not exist. */
  readonly alternate: string | undefined;
  /** The bindings that lead here; the exchanges at their other end keep them. */
  readonly incoming = new Set<Binding>();
  readonly #bindings = new Map<string, Binding>();
  readonly #matcher: Matcher;

  constructor(
    readonly name: string,
    /** How error texts name it. */
    readonly label: string,
    readonly settings: ExchangeSettings,
  ) {
    this.#matcher = new matchers[settings.type]();
    const alternate = settings.args.get('alternate-exchange');
    this.alternate = alternate === undefined ? undefined : (alternate.value as string);
  }

  get bindings(): Iterable<Binding> {
    return this.#bindings.values();
  }

  get unused(): boolean {
    return this.#bindings.size === 0;
  }

  /** The new binding, or nothing when it was there already. */
  bind(destination: Destination, key: string, args: FieldTable = emptyTable): Binding | undefined {
    if (this.settings.type === 'headers') checkHeaderMatch(args);
    const id = bindingId(destination, key, args);
    if (this.#bindings.has(id)) return undefined;
    const binding: Binding = { source: this, destination, key, args };
    this.#bindings.set(id, binding);
    this.#matcher.add(binding);
    destination.incoming.add(binding);
    return binding;
  }

  unbind(destination: Destination, key: string, args: FieldTable): Binding | undefined {
    const id = bindingId(destination, key, args);
    const binding = this.#bindings.get(id);
    if (!binding) return undefined;
    this.#bindings.delete(id);
    this.#matcher.remove(binding);
    destination.incoming.delete(binding);
    return binding;
  }

  match(message: Message): readonly Destination[] {
    return this.#matcher.match(message);
  }
}
