const shortest = 100;
const longest = 2_000;

/**
 * Milliseconds between the beginnings of two tries, after the `attempt`th in a row has failed: doubled from 100 ms to
 * 2 s, at random between half and all of it, so that the instances of a service do not all come at the same moment. The
 * longest is short enough that consumers are back within five seconds of their broker.
 */
export function reconnectPause(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(longest, shortest * 2 ** Math.min(attempt - 1, 16));
  return full * (0.5 + random() / 2);
}
