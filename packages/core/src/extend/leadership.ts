import type { Extension, ExtensionContext } from './extension.js';

/** What an instance of a service offers to do that only one of all instances may. */
export interface Candidacy {
  /** What it is about: unique in a service and the same in all its instances, such as `Reports.tick`. */
  readonly name: string;
  /** Told each time this instance has become the leader. */
  elected(): void;
}

/**
 * One instance's part in an election among all instances of a service. From `start` on it stands; when the leader
 * stops, dies or is cut off, another one that stands is elected. `stop` hands over at once.
 */
export interface Leadership extends Extension {
  /**
   * Asks for the right to do what is due at `moment`. Of all claims of all instances, one for a moment is granted at
   * most, and none after one for a later moment: a leader that was cut off and does not know it yet gets none. `false`
   * also when this instance does not lead, or when there is no answer in time. Never rejects.
   */
  claim(moment: Date): Promise<boolean>;
}

/** What a transport brings so that the instances of a service can agree; see {@link provideLeadership}. */
export interface LeadershipProvider {
  /** Makes an instance's part in one election. Called on the main side only: import drivers here. */
  candidate(candidacy: Candidacy, context: ExtensionContext): Promise<Leadership> | Leadership;
}

// Import time, like settings: a transport that is loaded serves timers that know nothing of it.
let provided: LeadershipProvider | undefined;

/**
 * Makes known how the instances of a service elect a leader, for `@Timer(..., { cluster: true })`. A transport calls it
 * when it is loaded; of several, the last one serves.
 *
 * @example
 * ```ts
 * provideLeadership({ candidate: ({ name, elected }, { config }) => candidateOf(config.serviceName, name, elected) });
 * ```
 */
export function provideLeadership(provider: LeadershipProvider): void {
  provided = provider;
}

/** The provider that was made known last, if any. */
export function leadershipProvider(): LeadershipProvider | undefined {
  return provided;
}
