import type { Message } from '../message/message.js';
import type { Binding, Destination } from './binding.js';
import { headersMatch } from './header-match.js';
import { TopicTree } from './topic-tree.js';

/** The rule of one exchange type: which bindings a message matches. A destination may come twice. */
export interface Matcher {
  add(binding: Binding): void;
  remove(binding: Binding): void;
  match(message: Message): readonly Destination[];
}

const nowhere: readonly Destination[] = [];

/** What the message's own key finds, and those it has beside it. */
function byEachKey(
  { routingKey, copyKeys }: Message,
  find: (key: string) => readonly Destination[],
): readonly Destination[] {
  return copyKeys.length === 0 ? find(routingKey) : [routingKey, ...copyKeys].flatMap(find);
}

class DirectMatcher implements Matcher {
  readonly #byKey = new Map<string, Destination[]>();

  add(binding: Binding): void {
    const there = this.#byKey.get(binding.key);
    if (there) there.push(binding.destination);
    else this.#byKey.set(binding.key, [binding.destination]);
  }

  remove(binding: Binding): void {
    const there = this.#byKey.get(binding.key);
    there?.splice(there.indexOf(binding.destination), 1);
    if (there?.length === 0) this.#byKey.delete(binding.key);
  }

  match(message: Message): readonly Destination[] {
    return byEachKey(message, this.#find);
  }

  readonly #find = (key: string): readonly Destination[] => this.#byKey.get(key) ?? nowhere;
}

class FanoutMatcher implements Matcher {
  readonly #all: Destination[] = [];

  add(binding: Binding): void {
    this.#all.push(binding.destination);
  }

  remove(binding: Binding): void {
    this.#all.splice(this.#all.indexOf(binding.destination), 1);
  }

  match(): readonly Destination[] {
    return this.#all;
  }
}

// Services publish under few keys; what a key matched is worth remembering until a binding changes.
const rememberedKeys = 1024;

class TopicMatcher implements Matcher {
  readonly #tree = new TopicTree();
  readonly #known = new Map<string, readonly Destination[]>();

  add(binding: Binding): void {
    this.#tree.add(binding);
    this.#known.clear();
  }

  remove(binding: Binding): void {
    this.#tree.remove(binding);
    this.#known.clear();
  }

  match(message: Message): readonly Destination[] {
    return byEachKey(message, this.#find);
  }

  readonly #find = (key: string): readonly Destination[] => {
    const known = this.#known.get(key);
    if (known) return known;
    const found = [...new Set([...this.#tree.match(key)].map((binding) => binding.destination))];
    if (this.#known.size >= rememberedKeys) this.#known.clear();
    this.#known.set(key, found);
    return found;
  };
}

class HeadersMatcher implements Matcher {
  readonly #bindings: Binding[] = [];

  add(binding: Binding): void {
    this.#bindings.push(binding);
  }

  remove(binding: Binding): void {
    this.#bindings.splice(this.#bindings.indexOf(binding), 1);
  }

  match(message: Message): readonly Destination[] {
    const { headers } = message;
    return this.#bindings
      .filter(({ args }) => headersMatch(args, headers))
      .map(({ destination }) => destination);
  }
}

export type ExchangeType = 'direct' | 'fanout' | 'topic' | 'headers';

export const matchers: Record<ExchangeType, new () => Matcher> = {
  direct: DirectMatcher,
  fanout: FanoutMatcher,
  topic: TopicMatcher,
  headers: HeadersMatcher,
};
