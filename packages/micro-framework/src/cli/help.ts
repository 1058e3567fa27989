import type { Command } from './command.js';
import type { OptionDefinition } from './options.js';

/** Known to every command. */
export const helpOption: OptionDefinition = { help: 'show this' };

/** How a command is used. */
export function commandHelp({ name, summary, options, notes }: Command): string {
  const rows = Object.entries({ ...options, help: helpOption }).map(([option, { value, help }]) => {
    return [`  --${option}${value === undefined ? '' : ` ${value}`}`, help] as const;
  });
  return `npx micro-framework ${name} [options]\n\n${summary}.\n\n${aligned(rows)}\n\n${notes}\n`;
}

/** What commands there are. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [`  ${name}`, summary] as const);
  const more = 'npx micro-framework <command> --help tells more of one; --version tells the version';
  return `npx micro-framework <command> [options]\n\n${aligned(rows)}\n\n${more}\n`;
}

function aligned(rows: readonly (readonly [left: string, right: string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join('\n');
}
