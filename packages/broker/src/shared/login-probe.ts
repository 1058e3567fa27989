import { Dialogue } from '../client/dialogue.js';

/**
 * Whether a broker answers at the URL and takes its name and password. A port alone proves nothing: that of a host that
 * has died may belong to any other program by now.
 */
export async function answersAt(url: string, withinMs: number): Promise<boolean> {
  const dialogue = new Dialogue(url, AbortSignal.timeout(withinMs));
  try {
    await dialogue.greeted();
    await dialogue.logIn();
    return true;
  } catch {
    return false; // nobody, another program, or another broker's password: no matter which
  } finally {
    dialogue.end();
  }
}
