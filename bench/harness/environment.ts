import { availableParallelism, cpus, loadavg, platform, release } from 'node:os';

/** On what, and with what, was measured. */
export interface Environment {
  readonly node: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  /** Processes that wanted the CPU over the last minute, before the run. */
  readonly load: number;
}

export function environment(): Environment {
  return {
    node: process.version,
    system: `${platform()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    load: loadavg()[0] ?? Number.NaN,
  };
}
