import type { Parameter, Signature } from './signature.js';

/** Arguments as they came: by place, by name, or both. */
export interface GivenArguments {
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}

/** The handler's arguments, or why there are none: a sentence that begins with the target. */
export type Binding =
  | { readonly kind: 'bound'; readonly args: readonly unknown[] }
  | { readonly kind: 'fault'; readonly message: string };

/**
 * Places what a caller gave by a handler's signature. What is left out is `undefined`, so that defaults apply and what is
 * injected stands where it belongs. The messages are Python's, which callers of the original know.
 */
export function bindArguments(
  target: string,
  signature: Signature | undefined,
  given: GivenArguments,
): Binding {
  if (signature === undefined) return unread(target, given);
  if (isPlain(signature, given)) return { kind: 'bound', args: given.positional };
  const slots = signature.filter(({ kind }) => kind === 'positional');
  const rest = signature.some(({ kind }) => kind === 'rest');
  const keywords = signature.filter(({ kind }) => kind === 'keyword' || kind === 'keywords');
  // By place the object of keywords is one more argument.
  const places = slots.length + (keywords.length > 0 ? 1 : 0);
  if (given.positional.length > places && !rest) return fault(target, tooMany(slots, places, given));
  const args: unknown[] = [...given.positional];
  while (args.length < slots.length) args.push(undefined);
  const placed = placeNamed({ slots, keywords, args, given: given.positional.length }, given.named);
  if (placed !== undefined) return fault(target, placed);
  const missing = slots.filter(
    ({ name, required }, index) =>
      required && index >= given.positional.length && !Object.hasOwn(given.named, name),
  );
  return missing.length > 0 ? fault(target, missed(missing)) : { kind: 'bound', args };
}

/** Each parameter has its argument, by place: nothing is left to place, as in most calls. */
function isPlain(signature: Signature, { positional, named }: GivenArguments): boolean {
  if (positional.length !== signature.length) return false;
  for (const { kind } of signature) if (kind !== 'positional') return false;
  for (const _ in named) return false;
  return true;
}

interface Places {
  readonly slots: Signature;
  readonly keywords: Signature;
  readonly args: unknown[];
  /** How many were given by place. */
  readonly given: number;
}

/** Puts what was given by name into its places; tells what is wrong with it. */
function placeNamed(
  { slots, keywords, args, given }: Places,
  named: Readonly<Record<string, unknown>>,
): string | undefined {
  const gathered: [string, unknown][] = [];
  for (const [name, value] of Object.entries(named)) {
    const slot = slots.findIndex((parameter) => parameter.name === name);
    if (slot >= 0 && slot < given) return `got multiple values for argument '${name}'`;
    if (slot >= 0) args[slot] = value;
    else if (takes(keywords, name)) gathered.push([name, value]);
    else return `got an unexpected keyword argument '${name}'`;
  }
  if (gathered.length === 0) return undefined;
  if (given > slots.length) return `got multiple values for argument '${gathered[0]?.[0]}'`;
  // Own properties, whatever they are called: a `__proto__` that came in is data.
  args.push(Object.fromEntries(gathered));
  return undefined;
}

function takes(keywords: Signature, name: string): boolean {
  return keywords.some((keyword) => keyword.kind === 'keywords' || keyword.name === name);
}

/** Only names can be wrong where nothing is known of the handler. */
function unread(target: string, { positional, named }: GivenArguments): Binding {
  const [name] = Object.keys(named);
  if (name === undefined) return { kind: 'bound', args: positional };
  return fault(target, `got a keyword argument '${name}', but the names of its parameters are unknown`);
}

function tooMany(slots: readonly Parameter[], places: number, { positional }: GivenArguments): string {
  const least = slots.filter(({ hasDefault }) => !hasDefault).length;
  const takes = least < places ? `from ${least} to ${places}` : String(places);
  const noun = places === 1 ? 'argument' : 'arguments';
  return `takes ${takes} positional ${noun} but ${positional.length} ${positional.length === 1 ? 'was' : 'were'} given`;
}

function missed(missing: readonly Parameter[]): string {
  const names = missing.map(({ name }) => `'${name}'`);
  const noun = names.length === 1 ? 'argument' : 'arguments';
  const comma = names.length > 2 ? ',' : '';
  const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')}${comma} and ${names.at(-1)}`;
  return `missing ${names.length} required positional ${noun}: ${list}`;
}

function fault(target: string, problem: string): Binding {
  return { kind: 'fault', message: `${target}() ${problem}` };
}
