import type { Figure, Reach, Round } from './suite.js';

/** A number over all rounds. */
export interface Row {
  readonly name: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

/** The figures of one round, by contender. */
export type RoundFigures = ReadonlyMap<string, readonly Figure[]>;

/** The middle of the values; of an even number of them, between the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which that share of the values lies, between neighbours in proportion. NaN for no values. */
export function quantile(values: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * share;
  const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}

/** Each figure over the rounds, in the order of the first. */
export function rowsOf(rounds: readonly RoundFigures[]): Row[] {
  return [...(rounds[0] ?? [])].flatMap(([contender, figures]) =>
    figures.map(({ group, metric, unit }) => {
      const values = rounds.map((round) => roundOf(round).of(contender, group, metric));
      return summary(rowName(contender, group, metric), unit, values);
    }),
  );
}

/** What each reach comes to over the rounds. Compared within a round, so that a slow minute slows both sides. */
export function reachRows(reaches: readonly Reach[], rounds: readonly RoundFigures[]): Row[] {
  return reaches.map(({ name, unit, value }) =>
    summary(
      name,
      unit,
      rounds.map((round) => value(roundOf(round))),
    ),
  );
}

/** A sentence for each reach that is missed. */
export function missedReaches(reaches: readonly Reach[], rows: readonly Row[]): string[] {
  return reaches.flatMap(({ name, unit, atLeast, atMost }) => {
    const value = rows.find((row) => row.name === name)?.median ?? Number.NaN;
    const ofUnit = unit === 'ratio' ? '' : ` ${unit}`;
    // Written so that NaN misses.
    if (atLeast !== undefined && !(value >= atLeast))
      return [`${name}: ${value.toFixed(2)}${ofUnit}, wanted at least ${rounded(atLeast)}${ofUnit}`];
    if (atMost !== undefined && !(value <= atMost))
      return [`${name}: ${value.toFixed(2)}${ofUnit}, wanted at most ${rounded(atMost)}${ofUnit}`];
    return [];
  });
}

function rounded(limit: number): number {
  return Number(limit.toFixed(2));
}

/** How a figure is called outside of its table. */
export function rowName(contender: string, group: string, metric: string): string {
  return `${contender}, ${group}, ${metric}`;
}

function summary(name: string, unit: string, values: readonly number[]): Row {
  return { name, median: median(values), min: Math.min(...values), max: Math.max(...values), unit };
}

function roundOf(figures: RoundFigures): Round {
  return {
    of: (contender, group, metric) => {
      const figure = figures.get(contender)?.find((one) => one.group === group && one.metric === metric);
      if (!figure) throw new Error(`no figure ${rowName(contender, group, metric)} was measured`);
      return figure.value;
    },
  };
}
