/** The batches of one connection whose last call has not ended, and what is kept of their answers until then. */
export class OpenBatches {
  /** Characters that are kept; one answer may be longer. */
  readonly most: number;
  readonly #open = new Set<BatchAnswers>();
  #kept = 0;

  constructor(most: number) {
    this.most = most;
  }

  get isFull(): boolean {
    return this.#kept > this.most;
  }

  begin(): BatchAnswers {
    const answers = new BatchAnswers(this);
    this.#open.add(answers);
    return answers;
  }

  /** What was kept of it is on its way. */
  end(answers: BatchAnswers): void {
    this.#open.delete(answers);
    this.#kept -= answers.length;
  }

  add(answer: string): void {
    this.#kept += answer.length;
  }

  /** Nobody hears answers any more. */
  giveUp(): void {
    for (const answers of this.#open) answers.giveUp();
  }
}

/** The answers of one batch: kept as long as there is room for them. */
export class BatchAnswers {
  readonly #batches: OpenBatches;
  readonly #over = new AbortController();
  #length = 0;

  constructor(batches: OpenBatches) {
    this.#batches = batches;
    if (batches.isFull) this.giveUp();
  }

  /** Characters that are kept. */
  get length(): number {
    return this.#length;
  }

  /** Aborts once no further answer is kept: what was not begun by then is not worth it. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether the answer is kept. After the first that is not, none is. */
  keep(answer: string): boolean {
    if (this.#batches.isFull) this.giveUp();
    if (this.#over.signal.aborted) return false;
    this.#length += answer.length;
    this.#batches.add(answer);
    if (this.#batches.isFull) this.giveUp();
    return true;
  }

  giveUp(): void {
    this.#over.abort();
  }
}
