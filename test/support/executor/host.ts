import { isMainThread, threadId } from 'node:worker_threads';
import type { WireError } from '@micro-framework/core';
import type { Ask, Call, HandlerHost, Outcome } from '@micro-framework/core/internal';
import { type Handler, handlers } from './handlers.js';

// Types only from the package: chaos needs workers that are ready soon.

/** Makes a host without decorators: a call's route is the name of its handler. Executors load it by `hostUrl`. */
export function createHost(ask: Ask): HandlerHost {
  return new FixtureHost(ask);
}

class FixtureHost implements HandlerHost {
  readonly #ask: Ask;
  readonly #running = new Map<string, AbortController>();
  #count = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async start(): Promise<void> {}

  async run(call: Call): Promise<Outcome> {
    const abort = new AbortController();
    this.#running.set(call.id, abort);
    this.#count += 1;
    const handler = handlers[call.route] as Handler;
    try {
      const value = await handler(call.input as never, {
        signal: abort.signal,
        count: this.#count,
        deadline: call.deadline,
        worker: isMainThread ? `process ${process.pid}` : `thread ${threadId}`,
        ask: (request, background) => this.#ask('Fixture', request, background ? undefined : call.id),
      });
      return { kind: 'succeeded', value, effects: [] };
    } catch (error) {
      return { kind: 'failed', error: toWireError(error), retryable: true };
    } finally {
      this.#running.delete(call.id);
    }
  }

  abort(callId: string, reason: WireError): void {
    this.#running.get(callId)?.abort(Object.assign(new Error(reason.message), reason));
  }

  async stop(): Promise<void> {
    // Tells the test, which answers questions, that the stop hooks ran.
    await this.#ask('Fixture', 'stopping', undefined).catch(() => {});
  }
}

function toWireError(thrown: unknown): WireError {
  if (!(thrown instanceof Error)) return { name: 'NonError', message: String(thrown) };
  const { name, message, code } = thrown as Error & { code?: string };
  return { name, message, ...(code !== undefined && { code }) };
}
