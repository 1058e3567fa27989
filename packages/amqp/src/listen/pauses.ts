/** Waits of one consumer, all of which end early when it has stopped. */
export class Pauses {
  readonly #running = new Set<() => void>();
  #over = false;

  /** True once the consumer has stopped, or its channel has gone. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Resolves after `ms`, or once the consumer has stopped. */
  wait(ms: number): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#running.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#running.add(end);
    });
  }

  /** Ends all pauses, and all to come. */
  end(): void {
    this.#over = true;
    for (const end of this.#running) end();
  }
}
