/** What was typed cannot be done as it stands; the message, whole sentences, says why and what could have been meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  /** For a word that is not known. */
  static async unknown(kind: string, word: string, known: readonly string[]): Promise<UsageError> {
    const { nearest } = await import('@micro-framework/core'); // the kernel is loaded only where it is needed
    const close = nearest(word, known);
    return new UsageError(`unknown ${kind} ${word}${close === undefined ? '.' : `: did you mean ${close}?`}`);
  }
}
