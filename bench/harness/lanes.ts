import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Figure, Suite } from './suite.js';

/** What the harness tells a contender's process. */
export type LaneOrder = { readonly kind: 'measure'; readonly seconds: number } | { readonly kind: 'close' };

/** What it answers. */
export type LaneAnswer =
  | { readonly kind: 'ready'; readonly versions: Readonly<Record<string, string>> }
  | { readonly kind: 'figures'; readonly figures: readonly Figure[] };

const file = fileURLToPath(new URL('./lane.js', import.meta.url));

/** A contender in a process of its own: its CPU is counted apart, and nobody else's garbage is collected in it. */
export class Lane {
  readonly name: string;
  /** Of what it is that is no package; known once it is open. */
  versions: Readonly<Record<string, string>> = {};
  readonly #process: ChildProcess;

  private constructor(name: string, process: ChildProcess) {
    this.name = name;
    this.#process = process;
  }

  static async open(suite: Suite, contender: string, hostUrl: string): Promise<Lane> {
    const lane = new Lane(
      contender,
      fork(file, [suite.name, contender, hostUrl], { stdio: ['ignore', 2, 'inherit', 'ipc'] }),
    );
    lane.versions = (await lane.#answer('ready')).versions;
    return lane;
  }

  async measure(seconds: number): Promise<readonly Figure[]> {
    const answer = this.#answer('figures');
    this.#process.send({ kind: 'measure', seconds } satisfies LaneOrder);
    return (await answer).figures;
  }

  /** Closes the contender; a process that lingers is killed. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || !this.#process.connected) return;
    const exit = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.send({ kind: 'close' } satisfies LaneOrder);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5_000);
    await exit;
    clearTimeout(timer);
  }

  #answer<Kind extends LaneAnswer['kind']>(kind: Kind): Promise<Extract<LaneAnswer, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const died = (code: number | null): void => {
        reject(new Error(`the process of '${this.name}' exited with code ${code} before it was ${kind}`));
      };
      this.#process.once('exit', died);
      this.#process.once('message', (answer: LaneAnswer) => {
        this.#process.off('exit', died);
        resolve(answer as Extract<LaneAnswer, { kind: Kind }>);
      });
    });
  }
}
