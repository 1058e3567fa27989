const longest = 255;
const ellipsis = '...';

/** A text as a short string can hold it. */
export function shorten(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= longest) return text;
  const kept = bytes.subarray(0, longest - ellipsis.length).toString();
  return kept.replace(/\uFFFD+$/, '') + ellipsis; // a character that was cut in two
}
