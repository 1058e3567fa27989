const running = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Runs something when the signal aborts; returns what takes it back. One listener a signal, however many calls share it:
 * Node warns of more than ten.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const all = running.get(signal) ?? listen(signal);
  all.add(run);
  return () => {
    if (!all.delete(run) || all.size > 0) return;
    signal.removeEventListener('abort', runAll);
    running.delete(signal);
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  running.set(signal, all);
  signal.addEventListener('abort', runAll, { once: true });
  return all;
}

function runAll(this: AbortSignal): void {
  for (const run of running.get(this) ?? []) run();
  running.delete(this);
}
