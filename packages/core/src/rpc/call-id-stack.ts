/** As many parents of a call are told as Nameko keeps, and the call itself. */
const longest = 11;
const longestId = 500;

/** Ids of the calls that led to one, as they came from outside: nothing where they are malformed. */
export function readCallIdStack(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(-longest).filter((id) => typeof id === 'string' && id.length <= longestId);
}

/** The ids to send along with a call: the last of them. */
export function sentCallIdStack(stack: readonly string[]): readonly string[] {
  return stack.slice(-longest);
}
