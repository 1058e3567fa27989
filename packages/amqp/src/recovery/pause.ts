/** The pauses of something that runs until it is stopped: one at a time, the last one ends early. */
export class Pause {
  #end: (() => void) | undefined;
  #isOver = false;

  /** Resolves after `ms`, or once it is over. */
  wait(ms: number): Promise<void> {
    if (this.#isOver || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the pause under way and all to come. */
  end(): void {
    this.#isOver = true;
    this.#end?.();
  }
}
