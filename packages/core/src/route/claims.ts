import type { Config } from '../config/config.js';
import { serviceMark } from '../declare/metadata.js';
import { isMinifiedName } from '../declare/minified-name.js';
import { ScanError } from '../errors/kernel-errors.js';
import { at } from './fault.js';
import type { Route } from './route.js';

/** Throws when two routes claim one queue or name, or when a name on the wire looks like a minifier's. */
export function checkClaims(routes: readonly Route[], config: Config): void {
  const faults: string[] = [];
  const owners = new Map<string, Route>();
  for (const route of routes) {
    const claims = claimsOf(route, config);
    if (looksMinified(route) && isNamedAfterTarget(claims, route, config)) faults.push(minified(route));
    for (const claim of claims) {
      const owner = owners.get(claim);
      if (owner) faults.push(clash(claim, owner, route));
      else owners.set(claim, route);
    }
  }
  if (faults.length > 0) throw ScanError.of(faults);
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
  const own = calls.kind === 'method' ? serviceMark(calls.service)?.name === undefined : target === name;
  return own && isMinifiedName(name);
}

function minified(route: Route): string {
  return (
    `@${route.entrypoint.definition.kind} on ${route.target}${at(route.file)}: the name looks minified and would ` +
    "be one on the wire. Give one that stays: a longer class name, @Service({ name: '...' }) where a bundler shortens " +
    "names, or route(target, entrypoint, { name: '...' })."
  );
}

function clash(claim: string, first: Route, second: Route): string {
  return (
    `${claim} is claimed by ${first.target}${at(first.file)} and by ${second.target}${at(second.file)}. ` +
    'Only one of them would get each message: remove one, or give one a queue or name of its own.'
  );
}
