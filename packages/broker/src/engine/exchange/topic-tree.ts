import type { Binding } from './binding.js';

interface Node {
  readonly words: Map<string, Node>;
  readonly bindings: Set<Binding>;
  /** How many `#` lead here. */
  readonly gaps: number;
}

/** Topic patterns by their words: `*` stands for one word, `#` for any number of them, none included. */
export class TopicTree {
  readonly #root: Node = newNode(0);

  add(binding: Binding): void {
    let node = this.#root;
    for (const word of patternOf(binding.key)) {
      let next = node.words.get(word);
      if (!next) {
        next = newNode(word === '#' ? node.gaps + 1 : node.gaps);
        node.words.set(word, next);
      }
      node = next;
    }
    node.bindings.add(binding);
  }

  remove(binding: Binding): void {
    prune(this.#root, patternOf(binding.key), 0, binding);
  }

  /** Every binding whose pattern matches; each once. */
  match(key: string): Set<Binding> {
    const search = new Search(wordsOf(key));
    search.walk(this.#root, 0);
    return search.found;
  }
}

function newNode(gaps: number): Node {
  return { words: new Map(), bindings: new Set(), gaps };
}

// The empty key has no word at all, so '#' matches it and '*' does not.
function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.');
}

/** Several `#` in a row stand for no more than one does. */
function patternOf(key: string): string[] {
  return wordsOf(key).filter((word, at, words) => word !== '#' || words[at - 1] !== '#');
}

/** One look for what matches the words of a key. */
class Search {
  readonly found = new Set<Binding>();
  readonly #words: readonly string[];
  /** From where on a `#` that stands below another was followed. Without it every way to share out the words is gone. */
  #followed: Map<Node, number> | undefined;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  walk(node: Node, at: number): void {
    const { length } = this.#words;
    if (at === length) for (const binding of node.bindings) this.found.add(binding);
    const any = node.words.get('#');
    if (any) this.#follow(any, at);
    if (at === length) return;
    const word = this.#words[at] as string;
    const exact = word === '#' || word === '*' ? undefined : node.words.get(word);
    if (exact) this.walk(exact, at + 1);
    const one = node.words.get('*');
    if (one) this.walk(one, at + 1);
  }

  #follow(any: Node, at: number): void {
    let end = this.#words.length;
    // The first one on a path is come to once at most from each place.
    if (any.gaps > 1) {
      this.#followed ??= new Map();
      end = (this.#followed.get(any) ?? end + 1) - 1;
      if (at <= end) this.#followed.set(any, at);
    }
    for (let rest = at; rest <= end; rest++) this.walk(any, rest);
  }
}

/** Takes the binding out and tells whether the node is now empty. */
function prune(node: Node, words: readonly string[], at: number, binding: Binding): boolean {
  if (at === words.length) node.bindings.delete(binding);
  else {
    const word = words[at] as string;
    const next = node.words.get(word);
    if (next && prune(next, words, at + 1, binding)) node.words.delete(word);
  }
  return node.bindings.size === 0 && node.words.size === 0;
}
