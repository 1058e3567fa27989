import { setTimeout as wait } from 'node:timers/promises';

/** Repeats an assertion until it holds, or throws its last error after `within` milliseconds. */
export async function eventually<T>(assertion: () => Promise<T> | T, within = 10_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > end) throw error;
      await wait(20);
    }
  }
}
