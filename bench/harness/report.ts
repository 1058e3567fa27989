import { type RoundFigures, type Row, rowName } from './statistics.js';

/**
 * A table for each load: a line for each contender that was put under it, its medians with the lowest and the highest
 * of all rounds.
 */
export function tables(rounds: readonly RoundFigures[], rows: readonly Row[]): string {
  const first = rounds[0] ?? new Map();
  const all = [...first.values()].flat() as { group: string; metric: string; unit: string }[];
  const groups = [...new Set(all.map(({ group }) => group))];
  return groups
    .map((group) => {
      const columns = new Map(
        all.filter((one) => one.group === group).map(({ metric, unit }) => [metric, unit]),
      );
      const head = [
        group,
        ...[...columns].map(([metric, unit]) => (metric === unit ? metric : `${metric}, ${unit}`)),
      ];
      const lines = [...first.keys()].map((contender) => [
        contender,
        ...[...columns.keys()].map((metric) => {
          const row = rows.find(({ name }) => name === rowName(contender, group, metric));
          return row ? spread(row) : '';
        }),
      ]);
      return aligned([head, ...lines.filter((cells) => cells.slice(1).some((cell) => cell !== ''))]);
    })
    .join('\n\n');
}

/** A line for each thing compared. */
export function comparisons(rows: readonly Row[]): string {
  return aligned(
    rows.map((row) => [row.name, `${spread(row)}${row.unit === 'ratio' ? '' : ` ${row.unit}`}`]),
  );
}

function spread({ median, min, max }: Row): string {
  return `${short(median)} (${short(min)}-${short(max)})`;
}

function short(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
