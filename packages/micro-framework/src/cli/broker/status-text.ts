import type { BrokerStatus } from '@micro-framework/broker';

const head = ['queue', 'ready', 'unacked', 'consumers'] as const;
const mebibyte = 1024 * 1024;

/** A status as people read it: a line a queue, by name, and what the broker as a whole is up to. */
export function statusText({ queues, connections, bytes, blocked, failing }: BrokerStatus): string {
  const rows = [...queues]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, ready, unsettled, consumers }) =>
      [printable(name), ready, unsettled, consumers].map(String),
    );
  const sums = [counted(queues.length, 'queue'), counted(connections, 'connection')];
  return [
    ...(rows.length > 0 ? [table([[...head], ...rows]), ''] : []),
    `${sums.join(', ')}, ${(bytes / mebibyte).toFixed(1)} MiB of messages`,
    ...(blocked ? ['publishers are blocked: the queues hold as much as they may'] : []),
    ...(failing ? ['the disk cannot be written to: persistent messages are refused'] : []),
  ].join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first column to the left, the numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd : cell.padStart).call(cell, widths[column] ?? 0))
      .join('  ');
  return rows.map(line).join('\n');
}

// Clients choose the names: what would steer a terminal is shown as a number.
function printable(name: string): string {
  return name.replace(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
