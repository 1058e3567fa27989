import type { Binding } from './binding.js';

interface Node {
  readonly words: Map<string, Node>;
  readonly bindings: Set<Binding>;
}

/** Topic patterns by their words: `*` stands for one word, `#` for any number of them, none included. */
export class TopicTree {
  readonly #root: Node = newNode();

  add(binding: Binding): void {
    let node = this.#root;
    for (const word of wordsOf(binding.key)) {
      let next = node.words.get(word);
      if (!next) {
        next = newNode();
        node.words.set(word, next);
      }
      node = next;
    }
    node.bindings.add(binding);
  }

  remove(binding: Binding): void {
    prune(this.#root, wordsOf(binding.key), 0, binding);
  }

  /** Every binding whose pattern matches; each once. */
  match(key: string): Set<Binding> {
    const found = new Set<Binding>();
    walk(this.#root, wordsOf(key), 0, found);
    return found;
  }
}

function newNode(): Node {
  return { words: new Map(), bindings: new Set() };
}

// The empty key has no word at all, so '#' matches it and '*' does not.
function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.');
}

function walk(node: Node, words: readonly string[], at: number, found: Set<Binding>): void {
  if (at === words.length) for (const binding of node.bindings) found.add(binding);
  const any = node.words.get('#');
  if (any) for (let rest = at; rest <= words.length; rest++) walk(any, words, rest, found);
  if (at === words.length) return;
  const word = words[at] as string;
  const exact = word === '#' || word === '*' ? undefined : node.words.get(word);
  if (exact) walk(exact, words, at + 1, found);
  const one = node.words.get('*');
  if (one) walk(one, words, at + 1, found);
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
