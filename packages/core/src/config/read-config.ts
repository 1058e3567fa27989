import { inspect } from 'node:util';
import type * as zod from 'zod';
import { ConfigError } from '../errors/kernel-errors.js';
import { Config } from './config.js';
import './kernel-settings.js'; // defines them
import type { Settings } from './kernel-settings.js';
import { nearest } from './nearest.js';
import { knownSettings, type SettingDefinition } from './settings.js';

/** What `bootstrap` takes: any setting; it wins over the environment. */
export type SettingOptions = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

/** Merges options over environment over defaults and checks them once; rejects with all faults as one `ConfigError`. */
export async function readConfig(options: SettingOptions, environment: NodeJS.ProcessEnv): Promise<Config> {
  const { z } = await import('zod');
  const settings = knownSettings();
  const faults = unknownNames(options, settings);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of settings) {
    const source = sourceOf(name, setting, options, environment);
    const parsed = setting.schema(z).safeParse(source.value);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(faultOf(name, setting, source, parsed.error.issues));
  }
  if (faults.length > 0) throw ConfigError.of(faults);
  return new Config(values as unknown as Settings);
}

interface Source {
  readonly label: string;
  readonly value: unknown;
}

function sourceOf(
  name: string,
  { env }: SettingDefinition,
  options: SettingOptions,
  environment: NodeJS.ProcessEnv,
): Source {
  const option = (options as Record<string, unknown>)[name];
  if (option !== undefined) return { label: `option ${name}`, value: option };
  const variable = env === undefined ? undefined : environment[env];
  // An empty variable is what a compose file leaves behind for "not set".
  if (variable !== undefined && variable !== '')
    return { label: `environment variable ${env}`, value: variable };
  return { label: `option ${name}`, value: undefined };
}

function faultOf(
  name: string,
  { env, secret }: SettingDefinition,
  { label, value }: Source,
  issues: readonly zod.core.$ZodIssue[],
): string {
  if (value === undefined)
    return `${name} is missing: pass the option ${name}${env === undefined ? '' : `, or set ${env}`}`;
  const problems = issues.map((issue) => problemOf(issue, value)).join('; ');
  return `${label}: ${problems}${secret ? '' : ` (got ${clip(inspect(value))})`}`;
}

function problemOf(issue: zod.core.$ZodIssue, value: unknown): string {
  if (issue.code !== 'invalid_value') return issue.message;
  const allowed = issue.values.map(String);
  const close = typeof value === 'string' ? nearest(value, allowed) : undefined;
  return `give one of ${allowed.join(', ')}${close ? `: did you mean ${close}?` : ''}`;
}

function clip(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function unknownNames(options: SettingOptions, settings: ReadonlyMap<string, SettingDefinition>): string[] {
  return Object.keys(options)
    .filter((name) => !settings.has(name))
    .map((name) => {
      const close = nearest(name, [...settings.keys()]);
      return `option ${name} is unknown${close ? `: did you mean ${close}?` : ''}`;
    });
}
