import type { DiscoveryFile, Host } from './discovery-file.js';

/** What the announcement needs to know of the folder. */
export interface HeldFolder {
  /** Whether the folder is still the one that is held; another of its name belongs to somebody else. */
  readonly folderKnown: boolean;
  /** Finds out whether the files in it are still there. */
  check(): void;
}

/** Milliseconds; a look costs a few microseconds. */
const lookEvery = 1_000;

/**
 * The host of a folder looks after it: whatever happens to its discovery file, others find it there again soon; and when
 * the folder is taken away from under it, it notices even while nobody publishes.
 */
export class Announcement {
  readonly #file: DiscoveryFile;
  readonly #folder: HeldFolder;
  readonly #host: Host | undefined;
  readonly #timer: NodeJS.Timeout;

  /** @param host - where it listens; a broker on a Unix socket has nothing to say. */
  constructor(file: DiscoveryFile, folder: HeldFolder, host: Host | undefined) {
    this.#file = file;
    this.#folder = folder;
    this.#host = host;
    if (host) file.write(host);
    this.#timer = setInterval(() => this.#look(), lookEvery).unref();
  }

  /** Others are told no more. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#host) this.#file.withdraw(this.#host);
  }

  #look(): void {
    this.#folder.check();
    if (this.#host && this.#folder.folderKnown) this.#restore(this.#host);
  }

  #restore(host: Host): void {
    try {
      if (this.#file.names(host)) return;
      this.#file.clear();
      this.#file.write(host);
    } catch {
      // A disk that is full, perhaps: there is another look soon.
    }
  }
}
