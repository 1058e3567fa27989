/** A benchmark: who is measured, and what of it must hold. */
export interface Suite {
  readonly name: string;
  /** One sentence: what is measured, how. */
  readonly what: string;
  /** Packages whose versions matter. */
  readonly packages: readonly string[];
  /** What all contenders work with, one for the run. Default: each sees to itself. */
  readonly host?: () => Promise<Host>;
  /**
   * Ours and those they are measured beside. Each lives in a process of its own for the whole run.
   *
   * @param url - of the suite's host
   */
  readonly contenders: Readonly<Record<string, (url: string) => Promise<Contender>>>;
  readonly reaches: readonly Reach[];
}

/** A server that runs somewhere, such as a broker. */
export interface Host {
  readonly url: string;
  /** Where it is no package. */
  readonly versions?: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** One of those measured, ready. */
export interface Contender {
  /** Of what it is that is no package, such as a server. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Works for about `seconds` and tells the figures; the same ones each time. */
  measure(seconds: number): Promise<readonly Figure[]>;
  close(): Promise<void>;
}

/** One measured number. */
export interface Figure {
  /** The load it was measured under; a table each. */
  readonly group: string;
  /** A column each. */
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
}

/** The figures of one round: everyone was measured once, one after the other. */
export interface Round {
  of(contender: string, group: string, metric: string): number;
}

/** What the figures of a round come to, and what the median over the rounds must be. */
export interface Reach {
  /** `ours/baseline` for a ratio. */
  readonly name: string;
  readonly unit: 'ratio' | 'us' | 'ms';
  value(round: Round): number;
  readonly atLeast?: number;
  readonly atMost?: number;
}
