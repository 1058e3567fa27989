/** Milliseconds before the next try: twice as long each time, up to a limit, and by chance up to half of it less. */
export function pauseAfter(
  failures: number,
  { first, longest }: { readonly first: number; readonly longest: number },
  random: () => number = Math.random,
): number {
  const full = Math.min(longest, first * 2 ** Math.max(0, failures - 1));
  return full * (1 - random() / 2);
}
