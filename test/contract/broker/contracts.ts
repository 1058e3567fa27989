import { consumers } from './consumers.js';
import { copies } from './copies.js';
import { deadLetters } from './dead-letters.js';
import { delivery } from './delivery.js';
import { errors } from './errors.js';
import { handshake } from './handshake.js';
import { malformed } from './malformed.js';
import { publishing } from './publishing.js';
import { queues } from './queues.js';
import { routing } from './routing.js';
import { settling } from './settling.js';
import type { Contract } from './subject.js';

/** What RabbitMQ promises and the embedded broker keeps. Both run all of it. */
export const contracts: readonly Contract[] = [
  routing,
  copies,
  delivery,
  settling,
  publishing,
  deadLetters,
  queues,
  consumers,
  errors,
  handshake,
  malformed,
];
