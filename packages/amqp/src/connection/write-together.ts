import type { Socket } from 'node:net';

/**
 * From now on, what is written to the socket in one turn leaves together when the turn ends. The driver writes frame by
 * frame, and an idle socket makes a system call, and with TCP_NODELAY a packet, of each: for a publish or an ack of a few
 * bytes that is most of what it costs, here and at the broker.
 */
export function writeTogether(socket: Socket): void {
  const write: (...args: unknown[]) => boolean = socket.write.bind(socket) as never;
  const release = (): void => socket.uncork();
  socket.write = (...args: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(release);
    }
    return write(...args);
  };
}
