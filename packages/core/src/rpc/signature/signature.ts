import { bracketed, parts } from './source-scan.js';

/** One parameter of a handler, as callers see it. */
export interface Parameter {
  readonly name: string;
  /**
   * `positional`: given by place or by name. `rest`: takes all further arguments. `keyword`: a key of the object pattern
   * that stands last, given by name. `keywords`: the rest of that pattern, which takes any name.
   */
  readonly kind: 'positional' | 'rest' | 'keyword' | 'keywords';
  /** It has a default value, so it can be left out. Of others only the method's author knows: see `required`. */
  readonly hasDefault: boolean;
  /** Callers must give it. Known only where the route says so: at run time TypeScript's `name?` looks like `name`. */
  readonly required: boolean;
}

/** What a handler takes, without what is injected. */
export type Signature = readonly Parameter[];

/**
 * Reads a function's parameters from its source text; `injected` are the places that are not a caller's. Undefined where
 * there is none to be read, such as a bound function.
 */
export function readSignature(
  target: (...args: never[]) => unknown,
  injected: (index: number, count: number) => boolean = () => false,
): Signature | undefined {
  const list = parameterList(Function.prototype.toString.call(target));
  const own = list?.filter((_, index) => !injected(index, list.length));
  return own?.flatMap((text, index) => parametersOf(text, index, index === own.length - 1));
}

/**
 * How many parameters a function has, those that are injected included. Where there is no source to be read, as many as it
 * says itself: that leaves out what follows the first one with a default.
 */
export function parameterCount(target: (...args: never[]) => unknown): number {
  return parameterList(Function.prototype.toString.call(target))?.length ?? target.length;
}

/** The texts of a function's parameters, without comments. */
function parameterList(source: string): readonly string[] | undefined {
  if (/\{\s*\[native code\]\s*\}$/.test(source) || /^class\b/.test(source)) return undefined;
  const bare = /^(?:async\s+)?([\w$]+)\s*=>/.exec(source);
  if (bare) return [bare[1] ?? ''];
  const list = bracketed(source, '(');
  return list === undefined ? undefined : parts(list, ',').filter((part) => part !== '');
}

function parametersOf(text: string, index: number, last: boolean): readonly Parameter[] {
  if (text.startsWith('...')) return [parameter(text.slice(3).trim(), 'rest', true)];
  const [left = '', ...rest] = parts(text, '=');
  const hasDefault = rest.length > 0;
  if (left.startsWith('{') && last) return patternKeys(left);
  return [
    parameter(
      /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(left) ? left : `argument${index + 1}`,
      'positional',
      hasDefault,
    ),
  ];
}

/** The keys of `{ limit = 10, order: by, ...more }`: what JavaScript has for keyword arguments. */
function patternKeys(pattern: string): readonly Parameter[] {
  return parts(bracketed(pattern, '{') ?? '', ',')
    .filter((part) => part !== '' && !part.startsWith('['))
    .map((part) => {
      if (part.startsWith('...')) return parameter(part.slice(3).trim(), 'keywords', true);
      const [left = '', ...rest] = parts(part, '=');
      const [key = ''] = parts(left, ':');
      return parameter(key.replace(/^(['"])(.*)\1$/s, '$2'), 'keyword', rest.length > 0);
    });
}

function parameter(name: string, kind: Parameter['kind'], hasDefault: boolean): Parameter {
  return { name, kind, hasDefault, required: false };
}

/**
 * The signature with the names an author gave: `'currency?'` for one that may be left out, `'symbol'` for one that must
 * be given. They stand for the positional parameters from the first on.
 */
export function nameParameters(
  signature: Signature | undefined,
  names: readonly string[] | undefined,
): Signature | undefined {
  if (names === undefined) return signature;
  const positional = (signature ?? []).filter(({ kind }) => kind === 'positional');
  const others = (signature ?? []).filter(({ kind }) => kind !== 'positional');
  const named = names.map((written, index): Parameter => {
    const required = !written.endsWith('?');
    const name = required ? written : written.slice(0, -1);
    return { name, kind: 'positional', hasDefault: positional[index]?.hasDefault ?? false, required };
  });
  return [...named, ...positional.slice(names.length), ...others];
}
