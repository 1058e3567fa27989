// JSON as Python reads and writes it: with NaN, Infinity and -Infinity, which JSON has not.

const nonNumbers: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

// Marks a text that stands for a number; of a private plane, so that nobody's text begins with it by chance.
const mark = '\u{f0000}micro-framework number ';

/** Parses JSON that may hold Python's non-numbers. Throws a `SyntaxError`. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const plain = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs, (token) =>
      token.startsWith('"') ? token : `"${mark}${token}"`,
    );
    if (plain === text) throw error;
    return JSON.parse(plain, (_key, value: unknown) =>
      typeof value === 'string' && value.startsWith(mark) ? nonNumbers.get(value.slice(mark.length)) : value,
    );
  }
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
