import { parseJson } from '../payload/python-json.js';

// What the Python original's AsyncBackOff sends to itself: the arguments of the call, and how often it was tried.
//   {"fn_args": [<payload>], "fn_kwargs": {}, "_meta": {"backoff": {"retry_count": 1, "last_retry": <seconds>}}}

/** A payload that waits for its next attempt. */
export interface BackOffEnvelope {
  /** JSON, as its sender wrote it. */
  readonly payload: Buffer;
  /** 1 for the first retry. */
  readonly retryCount: number;
  /** When the attempt before failed, in milliseconds since 1970. */
  readonly lastRetry: number;
}

/** Puts a payload, which has to be JSON, into its envelope. */
export function sealEnvelope({ payload, retryCount, lastRetry }: BackOffEnvelope): Buffer {
  const seconds = (lastRetry / 1_000).toFixed(6);
  const meta = `{"backoff": {"retry_count": ${retryCount}, "last_retry": ${seconds}}}`;
  return Buffer.concat([
    Buffer.from('{"fn_args": ['),
    payload,
    Buffer.from(`], "fn_kwargs": {}, "_meta": ${meta}}`),
  ]);
}

/** Takes it out again, to the byte as it was put in. Throws for what is no envelope. */
export function openEnvelope(body: Buffer): BackOffEnvelope {
  const { fn_args: args, _meta: meta } = parseJson(body.toString()) as Envelope;
  const { retry_count: retryCount, last_retry: seconds } = meta?.backoff ?? {};
  if (!Array.isArray(args) || args.length === 0) throw new Error('it has no fn_args');
  if (!Number.isSafeInteger(retryCount) || (retryCount as number) < 1)
    throw new Error('it has no retry_count');
  if (typeof seconds !== 'number') throw new Error('it has no last_retry');
  const payload = firstArgument(body) ?? Buffer.from(JSON.stringify(args[0]));
  return { payload, retryCount: retryCount as number, lastRetry: Math.round(seconds * 1_000) };
}

interface Envelope {
  readonly fn_args?: unknown;
  readonly _meta?: {
    readonly backoff?: { readonly retry_count?: unknown; readonly last_retry?: unknown };
  };
}

/** The bytes of the first argument, where the arguments stand first. What is parsed and written again might differ. */
function firstArgument(body: Buffer): Buffer | undefined {
  // All that JSON is made of but text is ASCII, so bytes can be looked at one by one.
  const text = body.toString('latin1');
  const start = /^\s*\{\s*"fn_args"\s*:\s*\[\s*/.exec(text)?.[0].length;
  return start === undefined ? undefined : body.subarray(start, endOfValue(text, start));
}

/** Where a value of sound JSON ends that begins at `at`. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let index = at; index < text.length; index++) {
    const char = text[index] as string;
    if (char === '"') index = endOfText(text, index);
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (depth < 0 || (depth === 0 && char === ',')) return trimmed(text, at, index);
  }
  return text.length;
}

function endOfText(text: string, at: number): number {
  let index = at + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}

function trimmed(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && /\s/.test(text[end - 1] as string)) end -= 1;
  return end;
}
