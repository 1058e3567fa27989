import type { Logger } from '@micro-framework/core';

/** One line that was logged. */
export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly text: string;
}

/** A logger that keeps its lines. */
export function recordingLog(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (fields: Record<string, unknown>, text: string): void => {
      lines.push({ level, fields, text });
    };
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  const log = Object.fromEntries(levels.map((level) => [level, at(level)]));
  return { log: log as unknown as Logger, lines };
}
