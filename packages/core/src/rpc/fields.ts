/** What an object of JSON holds, not looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether it is an object of JSON: no list, no null. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
