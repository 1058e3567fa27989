// What reads a message has less of a stack than what wrote it: a main thread has a fourth of a worker thread's, a process loads
// what it hears deeper down. What is nested deeper than that would end the reader, or never arrive, without a word.

/** Levels of what is sent, and of an error's data. */
const mostLevels = 500;
/** And of what it is wrapped in. */
const wrapping = 50;
/** As many objects are looked at without noting which they were. */
const mostNodes = 10_000;

/** Throws a `RangeError` for a message that is nested deeper than its reader can take. */
export function assertReadable(message: unknown): void {
  if (isTooDeep(message, mostLevels + wrapping))
    throw new RangeError(`it is nested deeper than ${mostLevels} levels.`);
}

/** Whether something has more levels than may be sent. */
export function isTooDeep(value: unknown, levels: number = mostLevels): boolean {
  let nodes = 0;
  const isSuspect = isDeeper(value, levels, () => ++nodes <= mostNodes) || nodes > mostNodes;
  if (!isSuspect) return false;
  // A circle has no end, and what is shared is come across again and again: each is written once.
  const seen = new Set<object>();
  return isDeeper(value, levels, (object) => seen.size < seen.add(object).size);
}

function isDeeper(value: unknown, levels: number, isNew: (object: object) => boolean): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || !isNew(value)) return false;
  if (levels === 0) return true;
  if (Array.isArray(value) && value.length <= mostNodes) return isAnyDeeper(value, levels - 1, isNew);
  if (value instanceof Map) return isAnyDeeper([...value].flat(), levels - 1, isNew);
  if (value instanceof Set) return isAnyDeeper([...value], levels - 1, isNew);
  // Of a long list, which may be mostly holes, what it has.
  for (const key in value) {
    const part = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof part === 'object' && isDeeper(part, levels - 1, isNew)) return true;
  }
  return false;
}

function isAnyDeeper(parts: readonly unknown[], levels: number, isNew: (object: object) => boolean): boolean {
  for (const part of parts) if (typeof part === 'object' && isDeeper(part, levels, isNew)) return true;
  return false;
}
