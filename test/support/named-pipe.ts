import { execFileSync } from 'node:child_process';

/** Makes a named pipe: who opens it as a file waits until somebody writes to it. */
export function makeNamedPipe(path: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
}
