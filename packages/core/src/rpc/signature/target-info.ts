import type { Signature } from './signature.js';

/** What is known of something that can be called: the seed's `.info`. */
export interface TargetInfo {
  /** Its name on the wire: `Quotes.price`. */
  readonly target: string;
  readonly parameters: Signature;
  readonly description: string | undefined;
}
