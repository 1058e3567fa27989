import type { OptionDefinition, OptionValues } from './options.js';

/** One thing that `micro-framework` can be told to do. */
export interface Command {
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionDefinition>>;
  /** Shown at the end of its help. */
  readonly notes: string;
  /** Resolves to the exit code. Throws a `UsageError` where the options make no sense. */
  run(values: OptionValues): Promise<number>;
}

/** 0 and 1 are what every program means by them. */
export const exitCode = { done: 0, failed: 1, wrongUsage: 2 } as const;
