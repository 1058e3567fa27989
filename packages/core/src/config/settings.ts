import type * as zod from 'zod';

/** One setting: its environment variable, its check with default, and whether it may be shown. */
export interface SettingDefinition {
  /** Name of the environment variable. Without, only an option sets it. */
  readonly env?: string;
  /**
   * Makes what checks and converts, with zod; its default makes it optional. Values from the environment arrive as text.
   * A function, so that workers, which get settings that are checked, need not load zod: it would be a third of their start.
   */
  readonly schema: (z: typeof zod.z) => zod.ZodType;
  /** True when its value must not be printed. */
  readonly secret?: boolean;
  /** True for what cannot go to workers, or must not: functions, sockets, keys. `Config` lacks it there. */
  readonly mainOnly?: boolean;
}

// Import time: a package adds its settings when it is loaded, so that an option of a transport is known even to
// a service that does not use it.
const known = new Map<string, SettingDefinition>();

/**
 * Makes settings known to `bootstrap`. For their types, extend the interface `Settings` of this package.
 *
 * @example
 * ```ts
 * declare module '@micro-framework/core' { interface Settings { readonly watchInterval: number } }
 * defineSettings({ watchInterval: { env: 'WATCH_INTERVAL', schema: (z) => z.coerce.number().int().min(1).default(500) } });
 * ```
 */
export function defineSettings(settings: Readonly<Record<string, SettingDefinition>>): void {
  for (const [name, setting] of Object.entries(settings)) known.set(name, setting);
}

/** All settings by name. */
export function knownSettings(): ReadonlyMap<string, SettingDefinition> {
  return known;
}
