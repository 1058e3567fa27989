import { fileURLToPath } from 'node:url';
import { FixedClusterPool, FixedThreadPool } from 'poolifier';
import type { Contender } from '../harness/suite.js';
import type { Payload } from '../payload.js';
import { closedLoop } from './closed-loop.js';

const file = fileURLToPath(new URL('./poolifier-worker.cjs', import.meta.url));

/** Poolifier as it comes, with threads. */
export async function barePoolifierThread(): Promise<Contender> {
  const pool = new FixedThreadPool<Payload, Payload>(1, file);
  return closedLoop(
    (payload) => pool.execute(payload),
    () => pool.destroy(),
  );
}

/** Poolifier as it comes, with processes; `json`, the default serialization, could carry no bytes. */
export async function barePoolifierProcess(): Promise<Contender> {
  const pool = new FixedClusterPool<Payload, Payload>(1, file, { settings: { serialization: 'advanced' } });
  return closedLoop(
    (payload) => pool.execute(payload),
    () => pool.destroy(),
  );
}
