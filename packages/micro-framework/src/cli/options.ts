import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.js';

/** An option of a command. */
export interface OptionDefinition {
  /** What stands for its value in the help; an option without one is a switch. */
  readonly value?: string;
  readonly help: string;
}

/** What was given, by the options' names; `true` for a switch. */
export type OptionValues = Readonly<Record<string, string | true>>;

/** Reads what follows a command. Everything has to be known, and every value there. */
export async function readOptions(
  args: readonly string[],
  definitions: Readonly<Record<string, OptionDefinition>>,
): Promise<OptionValues> {
  const options = Object.fromEntries(
    Object.entries(definitions).map(([name, { value }]) => {
      return [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }];
    }),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values: Record<string, string | true> = {};
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw new UsageError(`unexpected argument '${token.value}'.`);
    const { name, rawName, value, inlineValue } = token;
    const known = Object.hasOwn(definitions, name) && rawName.startsWith('--');
    if (!known) throw await UsageError.unknown('option', rawName, Object.keys(definitions).map(dashed));
    values[name] = readValue(rawName, definitions[name] as OptionDefinition, value, inlineValue === true);
  }
  return values;
}

function readValue(
  rawName: string,
  definition: OptionDefinition,
  value: string | undefined,
  isInline: boolean,
): string | true {
  if (definition.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    return true;
  }
  // A value that begins with a dash is most often the next option.
  const isMissing = value === undefined || value === '' || (!isInline && value.startsWith('-'));
  if (isMissing) throw new UsageError(`${rawName} needs a value: ${rawName} ${definition.value}.`);
  return value;
}

function dashed(name: string): string {
  return `--${name}`;
}
