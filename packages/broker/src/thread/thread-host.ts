import { parentPort, workerData } from 'node:worker_threads';
import type { Broker } from '../broker.js';
import { BrokerError } from '../broker-error.js';
import { systemClock } from '../clock.js';
import { startLocalBroker } from '../server/local-broker.js';
import type { Call, Failure, Report, Request, ThreadSettings } from './thread-protocol.js';

// The far side of `startThreadBroker`: one broker, for the life of this thread.

function report(message: Report): void {
  parentPort?.postMessage(message);
}

function failureOf(error: unknown): Failure {
  const code = error instanceof BrokerError ? error.code : undefined;
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return {
    code,
    message,
    cause: cause instanceof Error ? { code: (cause as NodeJS.ErrnoException).code } : undefined,
  };
}

async function run(broker: Broker, call: Call): Promise<unknown> {
  if (call.target === 'broker') return broker[call.method]();
  const method = broker.faults[call.method] as (...args: readonly unknown[]) => Promise<unknown>;
  return method(...call.args);
}

async function answer(broker: Broker, { id, call }: Request): Promise<void> {
  try {
    report({ kind: 'answer', id, value: await run(broker, call) });
  } catch (error) {
    report({ kind: 'failure', id, failure: failureOf(error) });
  }
}

try {
  const broker = await startLocalBroker({
    ...(workerData as ThreadSettings),
    clock: systemClock,
    onError: (error) => report({ kind: 'trouble', failure: failureOf(error) }),
  });
  parentPort?.on('message', (request: Request) => {
    void answer(broker, request).then(() => {
      if (request.call.target === 'broker' && request.call.method === 'close') parentPort?.close();
    });
  });
  report({ kind: 'started', url: broker.url, port: broker.port });
} catch (error) {
  report({ kind: 'refused', failure: failureOf(error) });
}
