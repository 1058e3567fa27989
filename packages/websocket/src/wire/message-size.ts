// What is longer than the other side takes ends the connection, and with it all calls on it: so neither side sends it.

/** Bytes of an answer, unless the server is told otherwise: what our clients take. */
export const largestAnswer = 16 * 1024 * 1024;

/** Whether a text has more bytes in UTF-8. */
export function isLonger(text: string, bytes: number): boolean {
  // A character is at most three: mostly there is nothing to count.
  return text.length * 3 > bytes && new TextEncoder().encode(text).byteLength > bytes;
}
