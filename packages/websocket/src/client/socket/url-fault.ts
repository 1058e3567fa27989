const schemes: ReadonlySet<string> = new Set(['ws:', 'wss:', 'http:', 'https:', 'ws+unix:']);
const meant = 'write ws://host:port or wss://host:port';

/** Why nothing can be reached at a URL, whoever listens; undefined where something may be. In a page it may be relative. */
export function urlFault(url: string): string | undefined {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  let parsed: URL;
  try {
    parsed = new URL(url, location?.href);
  } catch {
    return `is no URL: ${meant}`;
  }
  if (!schemes.has(parsed.protocol)) return `is no WebSocket's: ${meant}`;
  return parsed.hash === '' ? undefined : `ends in ${parsed.hash}, which no server gets: leave it out`;
}
