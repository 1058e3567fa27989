import { Deadline } from '@micro-framework/core';

/** How long somebody waits. */
export interface Patience {
  /** True when the work ended in time; its rejection is passed on unless the time was over first. */
  within(work: PromiseLike<unknown>): Promise<boolean>;
}

/**
 * How long a start waits for its broker: so many milliseconds, all its waits taken together, and no longer once the
 * service stops.
 */
export class StartPatience implements Patience {
  readonly #ms: number;
  readonly #stopping: AbortSignal;
  #deadline: Deadline | undefined;

  constructor(ms: number, stopping: AbortSignal) {
    this.#ms = ms;
    this.#stopping = stopping;
  }

  /** The time runs from here on. */
  begin(): void {
    this.#deadline ??= Deadline.in(this.#ms);
  }

  async within(work: PromiseLike<unknown>): Promise<boolean> {
    this.begin();
    const { signal, off } = onAbort(this.#stopping);
    let isDone = false;
    const done = Promise.resolve(work).then(() => {
      isDone = true;
    });
    try {
      await this.#deadline?.within(Promise.race([done, signal]));
      return isDone;
    } finally {
      off();
    }
  }
}

function onAbort(stopping: AbortSignal): { readonly signal: Promise<void>; off(): void } {
  let listener = (): void => {};
  const signal = new Promise<void>((resolve) => {
    listener = resolve;
    if (stopping.aborted) resolve();
    else stopping.addEventListener('abort', listener);
  });
  return { signal, off: () => stopping.removeEventListener('abort', listener) };
}
