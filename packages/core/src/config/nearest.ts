/**
 * The candidate with the fewest edits from `word`, if one is close enough to be meant: for the "did you mean" of an error.
 *
 * @example
 * ```ts
 * nearest('intervall', ['interval', 'maxRetries']); // 'interval'
 * ```
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({
    candidate,
    distance: editDistance(fold(word), fold(candidate)),
  }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  // A word of which hardly a letter is right was not meant.
  const limit = Math.min(fold(word).length - 1, Math.max(2, Math.ceil(word.length / 3)));
  return best && best.distance <= limit ? best.candidate : undefined;
}

// `AMQP_URI`, `amqp-uri` and `amqpUri` are the same word.
function fold(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Levenshtein's distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
