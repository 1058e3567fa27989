import { protocolHeader } from '../../codec/frame.js';

/** Gathers a client's first bytes, until they are the protocol header or cannot become it. */
export class Greeting {
  #bytes = Buffer.alloc(0);

  /** What comes after the header; `unfinished` while some of it is missing, `foreign` for another protocol or version. */
  take(chunk: Buffer): Buffer | 'unfinished' | 'foreign' {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const { length } = protocolHeader;
    const begun = this.#bytes.subarray(0, length);
    if (!protocolHeader.subarray(0, begun.length).equals(begun)) return 'foreign';
    return begun.length < length ? 'unfinished' : this.#bytes.subarray(length);
  }
}
