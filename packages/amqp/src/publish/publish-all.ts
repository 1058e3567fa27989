import type { Publication, Publisher } from './publisher.js';

/**
 * Publishes many in their order, as many at once as there is room for. Resolves when the broker has taken them all. After
 * one that fails no more are sent; the others that were sent already may be out: rejects with its error when all of them have
 * ended.
 */
export async function publishAll(publisher: Publisher, publications: Iterable<Publication>): Promise<void> {
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  const sent: Promise<void>[] = [];
  for (const publication of publications) {
    // Once more after the wait: several may have been told of the same room.
    while (failures.length === 0 && !publisher.hasRoomFor(publication))
      await publisher.roomFor(publication).catch(note);
    if (failures.length > 0) break;
    sent.push(publisher.publish(publication).catch(note));
  }
  await Promise.all(sent);
  if (failures.length > 0) throw failures[0];
}
