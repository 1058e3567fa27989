// JSON as Python reads and writes it: with NaN, Infinity and -Infinity, which JSON has not.

const nonNumbers: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

// Marks a text that stands for a number; of a private plane, so that nobody's text begins with it by chance.
const mark = '\u{f0000}micro-framework number ';

// Bound now: a handler that replaces it must not read the messages that come after its own.
const parse: typeof JSON.parse = JSON.parse;

/** Replaces a value that was parsed by another, from the inside out, as that of `JSON.parse`. */
export type Reviver = (key: string, value: unknown) => unknown;

/** Parses JSON that may hold Python's non-numbers, at a cost linear in its length. Throws a `SyntaxError`. */
export function parsePythonJson(text: string, revive?: Reviver): unknown {
  try {
    return parse(text, revive);
  } catch (error) {
    const plain = withoutNonNumbers(text);
    if (plain === text) throw error;
    return parse(plain, (key, value: unknown) => {
      const number = typeof value === 'string' ? numberOf(value) : undefined;
      return number ?? (revive ? revive(key, value) : value);
    });
  }
}

/** NaN and Infinity outside of strings, as texts with the mark. */
function withoutNonNumbers(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text;
  // Unrolled, as a choice for each character would exhaust the expression's stack in a long text; and a text that does
  // not end is one, too, as it would be tried again from each of its quotes.
  return text.replace(/"[^"\\]*(?:\\.?[^"\\]*)*(?:"|$)|-?\bInfinity\b|\bNaN\b/gs, (token) =>
    token.startsWith('"') ? token : `"${mark}${token}"`,
  );
}

function numberOf(text: string): number | undefined {
  return text.startsWith(mark) ? nonNumbers.get(text.slice(mark.length)) : undefined;
}

/** Writes JSON with Python's non-numbers. Undefined, as `JSON.stringify` gives, for what has no JSON. */
export function stringifyPythonJson(value: unknown): string | undefined {
  let found = false;
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'number' || Number.isFinite(part)) return part;
    found = true;
    return `${mark}${part}`;
  }) as string | undefined;
  return found ? text?.replaceAll(new RegExp(`"${mark}(NaN|-?Infinity)"`, 'g'), '$1') : text;
}
