// Reads JavaScript source as far as parameter lists need it: brackets, strings, templates, comments, regular expressions.

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** What stands between the first such bracket and its partner; undefined where there is none. */
export function bracketed(source: string, open: '(' | '{'): string | undefined {
  for (let at = 0; at < source.length; at = after(source, at)) {
    if (source[at] === open) return source.slice(at + 1, after(source, at) - 1);
  }
  return undefined;
}

/**
 * Cuts at a separator that stands in no bracket, string or comment; comments are left out and what is left trimmed. `=`
 * cuts once and not at `==` or `=>`.
 */
export function parts(source: string, separator: ',' | '=' | ':'): string[] {
  const found: string[] = [];
  let part = '';
  for (let at = 0; at < source.length; ) {
    const next = after(source, at);
    if (source[at] === separator && next === at + 1 && (separator === ',' || found.length === 0)) {
      found.push(part.trim());
      part = '';
    } else if (!isComment(source, at)) {
      part += source.slice(at, next);
    }
    at = next;
  }
  return [...found, part.trim()];
}

/** Where the piece that begins at `at` ends: a bracket with all that is in it, a string, a comment, or a character. */
function after(source: string, at: number): number {
  const character = source[at] ?? '';
  if (isComment(source, at)) return afterComment(source, at);
  if (character in closing) return afterBracket(source, at, closing[character] ?? '');
  if (character === '"' || character === "'" || character === '`') return afterQuoted(source, at, character);
  if (character === '/' && isPattern(source, at)) return afterQuoted(source, at, '/');
  const operator = /^(?:=>|[=!]==?|[<>]=)/.exec(source.slice(at, at + 3));
  return at + (operator?.[0].length ?? 1);
}

function isComment(source: string, at: number): boolean {
  return source.startsWith('//', at) || source.startsWith('/*', at);
}

function afterComment(source: string, at: number): number {
  const end = source[at + 1] === '/' ? '\n' : '*/';
  const found = source.indexOf(end, at + 2);
  return found < 0 ? source.length : found + end.length;
}

function afterBracket(source: string, at: number, close: string): number {
  let next = at + 1;
  while (next < source.length && source[next] !== close) next = after(source, next);
  return next + 1;
}

function afterQuoted(source: string, at: number, quote: string): number {
  let inClass = false;
  let next = at + 1;
  while (next < source.length && (source[next] !== quote || inClass)) {
    if (source[next] === '\\') next += 1;
    else if (quote === '/') inClass = source[next] === '[' || (inClass && source[next] !== ']');
    else if (quote === '`' && source.startsWith('${', next)) next = afterBracket(source, next + 1, '}') - 1;
    next += 1;
  }
  return next + 1;
}

// After a value a slash divides; anywhere else it begins a regular expression.
function isPattern(source: string, at: number): boolean {
  return !/[\w$)\]}'"`]\s*$/.test(source.slice(Math.max(0, at - 50), at));
}
