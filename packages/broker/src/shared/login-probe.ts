import { Dialogue } from '../client/dialogue.js';
import { idIn } from '../connection/handshake/capabilities.js';
import type { Host } from './discovery-file.js';

/**
 * Whether the host itself answers where it said. A port alone proves nothing: that of a host that has died may belong to
 * any other program by now, also to another broker with the same name and password. To those no password is told.
 */
export async function answers({ url, id }: Host, withinMs: number): Promise<boolean> {
  const dialogue = new Dialogue(url, AbortSignal.timeout(withinMs));
  try {
    if (idIn(await dialogue.greeted()) !== id) return false;
    await dialogue.logIn();
    return true;
  } catch {
    return false; // nobody, or another program: no matter which
  } finally {
    dialogue.end();
  }
}
