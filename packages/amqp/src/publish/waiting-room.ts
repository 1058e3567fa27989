/**
 * Those who wait for room in the backlog, each for its turn: so that one with very many messages does not keep out the
 * others, whoever was let in and needs more room stands at the end again.
 */
export class WaitingRoom {
  #waiting: (() => void)[] = [];
  #isCalled = false;

  /** Resolves when there may be room: whoever waited has to look, and to come again where there is not. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Something has left the backlog. Lets the next one in at the end of this turn, as much leaves in one; or all, where nothing is left. */
  noteLeave(left: number): void {
    if (this.#waiting.length === 0) return;
    if (left === 0) this.#letIn(this.#waiting.length);
    else if (!this.#isCalled) {
      this.#isCalled = true;
      setImmediate(() => {
        this.#isCalled = false;
        this.#letIn(1);
      });
    }
  }

  #letIn(count: number): void {
    for (const resolve of this.#waiting.splice(0, count)) resolve();
  }
}
