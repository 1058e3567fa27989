import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** What was published, confirmed and handled, by id. Handlers in other threads and processes write into its file. */
export class Ledger {
  readonly confirmed = new Set<string>();
  /** What publishing rejected with, by id: code and message, as errors keep what they came from alive. */
  readonly refused = new Map<string, string>();
  readonly #file: string;

  constructor(t: Pick<TestContext, 'after'>) {
    const folder = mkdtempSync(join(tmpdir(), 'mf-ledger-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    this.#file = join(folder, 'handled');
    writeFileSync(this.#file, '');
  }

  /** For {@link note}. */
  get file(): string {
    return this.#file;
  }

  /** How often each id was handled. */
  handled(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const id of readFileSync(this.#file, 'utf8').split('\n')) {
      if (id !== '') counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }

  /** Asserts that all that was confirmed was handled, and tells how often that was more than once. */
  assertNoneMissing(): { readonly confirmed: number; readonly refused: number; readonly duplicates: number } {
    const handled = this.handled();
    const missing = [...this.confirmed].filter((id) => !handled.has(id));
    assert.deepEqual(
      missing.slice(0, 10),
      [],
      `${missing.length} of ${this.confirmed.size} confirmed ids are missing`,
    );
    const duplicates = [...handled.values()].reduce((sum, count) => sum + count - 1, 0);
    return { confirmed: this.confirmed.size, refused: this.refused.size, duplicates };
  }
}

/** Writes down that an id was handled. */
export function note(file: string, id: string): void {
  appendFileSync(file, `${id}\n`);
}
