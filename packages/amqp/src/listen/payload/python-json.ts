import { parsePythonJson } from '@micro-framework/core/rpc';

// JSON as Python services write it. Two things in it are not plain JSON: numbers that are none, which Python writes as
// NaN and Infinity, and values of other types, which kombu 5.3 and later wraps as { __type__, __value__ }.

/**
 * Parses JSON, Python's included. kombu's typed values become:
 *
 * | type               | here                                                              |
 * | ------------------ | ----------------------------------------------------------------- |
 * | `datetime`         | `Date`; without a time zone it is taken as UTC                    |
 * | `date`, `time`     | text as it is, `2024-02-29`: neither is a moment                  |
 * | `decimal`          | text as it is: a number would lose digits                         |
 * | `uuid`             | text, `c0ffee00-...`                                              |
 * | `bytes`, `base64`  | `Uint8Array`                                                      |
 * | any other          | the object as it is                                               |
 */
export function parseJson(text: string): unknown {
  // A reviver costs several times what parsing does, so only those messages pay that need it.
  return text.includes('__type__"') ? parsePythonJson(text, revive) : parsePythonJson(text);
}

function revive(_key: string, value: unknown): unknown {
  if (!isTyped(value)) return value;
  return readers[value.__type__]?.(value.__value__) ?? value;
}

interface Typed {
  readonly __type__: string;
  readonly __value__: unknown;
}

function isTyped(value: unknown): value is Typed {
  if (typeof value !== 'object' || value === null) return false;
  const { __type__: type } = value as Partial<Typed>;
  const known = typeof type === 'string' && Object.hasOwn(readers, type);
  return known && '__value__' in value && Object.keys(value).length === 2;
}

/** Each gives undefined for what it cannot read: the object then stays as it is. */
const readers: Readonly<Record<string, (value: unknown) => unknown>> = {
  datetime: (value) => ofText(value, readMoment),
  date: (value) => ofText(value, (text) => text),
  time: (value) => ofText(value, (text) => text),
  decimal: (value) => ofText(value, (text) => text),
  uuid: (value) => ofText((value as { hex?: unknown } | null)?.hex, readUuid),
  bytes: (value) => ofText(value, (text) => new TextEncoder().encode(text)),
  base64: (value) => ofText(value, (text) => new Uint8Array(Buffer.from(text, 'base64'))),
};

function ofText(value: unknown, read: (text: string) => unknown): unknown {
  return typeof value === 'string' ? read(value) : undefined;
}

const isoMoment = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)\d*(Z|[+-]\d\d:\d\d)?$/;

function readMoment(text: string): Date | undefined {
  const [, day, time, zone = 'Z'] = isoMoment.exec(text) ?? [];
  const moment = new Date(`${day}T${time}${zone}`);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

function readUuid(hex: string): string | undefined {
  if (!/^[\da-f]{32}$/i.test(hex)) return undefined;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5').toLowerCase();
}
