import type { Config } from '../config/config.js';
import { serviceMark } from '../declare/metadata.js';
import { isMinifiedName } from '../declare/minified-name.js';
import { at } from './fault.js';
import type { Route } from './route.js';

/** Two routes that claim one queue or name, and names on the wire that look like a minifier's, a sentence each. */
export function claimFaults(routes: readonly Route[], config: Config): string[] {
  const faults: string[] = [];
  const owners = new Map<string, Route>();
  for (const route of routes.filter(isPossible)) {
    const claims = claimsOf(route, config);
    if (looksMinified(route) && isNamedAfterTarget(claims, route, config)) faults.push(minified(route));
    for (const claim of claims) {
      const owner = owners.get(claim);
      if (owner === undefined) owners.set(claim, route);
      else if (!isListedTwice(owner, route)) faults.push(clash(claim, owner, route));
    }
  }
  return faults;
}

// What options that were refused would claim is nobody's business.
function isPossible({ entrypoint: { definition, options } }: Route): boolean {
  return (definition.check?.(options) ?? []).length === 0;
}

// One annotation, which the scan met again in another list, and said so.
function isListedTwice({ calls, entrypoint }: Route, second: Route): boolean {
  if (calls.kind !== 'method' || second.calls.kind !== 'method') return false;
  return calls.service === second.calls.service && entrypoint === second.entrypoint;
}

function claimsOf(route: Route, config: Config): readonly string[] {
  return route.entrypoint.definition.claims?.(route, config) ?? [];
}

// A queue that was given its name keeps it, whatever the class is called.
function isNamedAfterTarget(claims: readonly string[], route: Route, config: Config): boolean {
  const others = claimsOf({ ...route, target: `${route.target}~` }, config);
  return claims.some((claim, index) => claim !== others[index]);
}

// One that was given on purpose stays.
function looksMinified({ calls, target }: Route): boolean {
  if (calls.kind === 'path') return false;
  const name = calls.kind === 'method' ? calls.service.name : calls.call.name;
  const own =
    calls.kind === 'method' ? serviceMark(calls.service)?.options.name === undefined : target === name;
  return own && isMinifiedName(name);
}

function minified(route: Route): string {
  return (
    `@${route.entrypoint.definition.kind} on ${route.target}${at(route.file)}: the name is as short as a minifier's, and ` +
    "would be one on the wire. Give one that stays: a longer class name, @Service({ name: '...' }) where a bundler shortens " +
    "names, or route(target, entrypoint, { name: '...' })."
  );
}

function clash(claim: string, first: Route, second: Route): string {
  return (
    `${claim} is claimed by ${first.target}${at(first.file)} and by ${second.target}${at(second.file)}. ` +
    'Only one of them would get each message: remove one, or give one a queue or name of its own.'
  );
}
