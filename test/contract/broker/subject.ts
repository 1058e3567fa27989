import type { Subject } from '../../support/broker-client.js';

/** A part of the contract. `subject` may be asked inside of tests only: before, the broker is not started. */
export type Contract = (subject: Subject) => void;
