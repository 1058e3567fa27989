import type { Provider } from '../declare/module.js';
import { type Class, type DependencyToken, dependencyOf, type Token, tokenName } from '../declare/token.js';
import { circular } from './fault.js';
import { shown } from './options/checks.js';

/** A provider, and the module that lists it with its file. */
export interface ListedProvider {
  readonly provider: Provider;
  readonly where: string;
}

/** The token a provider is found by. */
export function tokenOf(provider: Provider): Token {
  return isToken(provider) ? provider : provider.provide;
}

/** True for a class, and for a dependency, which is listed so that it is set up whoever asks for it. */
export function isToken(provider: Provider): provider is Class | DependencyToken {
  return typeof provider === 'function' || dependencyOf(provider) !== undefined;
}

/** The class a provider makes; none for values and factories. */
export function classOf(provider: Provider): Class | undefined {
  if (typeof provider === 'function') return provider;
  if (isToken(provider)) return undefined;
  return 'useClass' in provider ? provider.useClass : undefined;
}

/** True for a provider that can be used; otherwise what is wrong is added to `faults`. */
export function isWhole({ provider, where }: ListedProvider, faults: string[]): boolean {
  const fault = faultOf(provider);
  if (fault !== undefined) faults.push(`the providers of ${where}: ${fault}`);
  return fault === undefined;
}

function faultOf(provider: Provider | undefined): string | undefined {
  if (provider === undefined) return `one is undefined: ${circular}`;
  if (typeof provider !== 'function' && (typeof provider !== 'object' || provider === null)) {
    return `one is ${shown(provider)}: list a class, a dependency, or { provide: token, useValue: value }.`;
  }
  if (isToken(provider)) return undefined;
  if (provider.provide === undefined) return `the token of one is undefined: ${circular}`;
  const name = tokenName(provider.provide);
  if ('useValue' in provider) return undefined;
  if ('useFactory' in provider && typeof provider.useFactory === 'function') return undefined;
  if (!('useClass' in provider))
    return `the one of ${name} gives nothing. Add useValue, useClass, or a function useFactory.`;
  return provider.useClass === undefined ? `the useClass of ${name} is undefined: ${circular}` : undefined;
}
