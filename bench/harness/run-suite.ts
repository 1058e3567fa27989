import { Lane } from './lanes.js';
import type { RoundFigures } from './statistics.js';
import type { Figure, Suite } from './suite.js';

/** How long and how often. */
export interface RunOptions {
  readonly rounds: number;
  /** Of one measurement, about. */
  readonly seconds: number;
  /** Told before each round. */
  progress(line: string): void;
}

/** What a run came to. */
export interface Run {
  readonly rounds: readonly RoundFigures[];
  /** Of those measured that are no packages. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Measures everyone once a round, one after the other: what slows the machine for a while slows all alike. */
export async function runSuite(suite: Suite, { rounds, seconds, progress }: RunOptions): Promise<Run> {
  const lanes: Lane[] = [];
  const host = await suite.host?.();
  try {
    for (const name of Object.keys(suite.contenders))
      lanes.push(await Lane.open(suite, name, host?.url ?? ''));
    progress('warming up');
    await measureAll(lanes, seconds);
    const measured: RoundFigures[] = [];
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`);
      measured.push(await measureAll(lanes, seconds));
    }
    const versions = Object.assign({}, host?.versions, ...lanes.map((lane) => lane.versions));
    return { rounds: measured, versions };
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
    await host?.close();
  }
}

async function measureAll(lanes: readonly Lane[], seconds: number): Promise<RoundFigures> {
  const figures = new Map<string, readonly Figure[]>();
  for (const lane of lanes) figures.set(lane.name, await lane.measure(seconds));
  return figures;
}
