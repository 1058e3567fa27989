import { Worker } from 'node:worker_threads';
import type { Broker, BrokerStatus, Faults } from '../broker.js';
import { BrokerError } from '../broker-error.js';
import type { BrokerSettings } from '../options.js';
import type { Call, Failure, Report } from './thread-protocol.js';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Starts a broker in a thread of its own; the returned one passes everything on. */
export async function startThreadBroker(settings: BrokerSettings): Promise<Broker> {
  const { clock: _clock, onError, ...workerData } = settings;
  // Flags of this process may not be allowed in a thread, and the broker needs none.
  const worker = new Worker(new URL('./thread-host.js', import.meta.url), { workerData, execArgv: [] });
  const thread = new BrokerThread(worker, onError);
  const { url, port } = await thread.started;
  return {
    url,
    port,
    connect: undefined,
    faults: thread.faults,
    status: () => thread.call({ target: 'broker', method: 'status' }) as Promise<BrokerStatus>,
    close: () => thread.close(),
  };
}

class BrokerThread {
  readonly started: Promise<{ url: string | undefined; port: number }>;
  readonly faults: Faults;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  #isRunning = false;
  #isClosing = false;
  #death: BrokerError | undefined;

  constructor(
    readonly worker: Worker,
    readonly onError: (error: Error) => void,
  ) {
    this.faults = this.#remoteFaults();
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    this.started = new Promise((resolve, reject) => {
      worker.on('message', (report: Report) => {
        if (report.kind === 'started') {
          this.#isRunning = true;
          resolve(report);
        } else if (report.kind === 'refused') reject(errorOf(report.failure));
        else this.#take(report);
      });
      worker.once('error', (cause) => this.#died(cause, reject));
      worker.once('exit', () => this.#died(undefined, reject));
    });
  }

  call(call: Call): Promise<unknown> {
    if (this.#death) return Promise.reject(this.#death);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, call });
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    try {
      await this.call({ target: 'broker', method: 'close' });
    } finally {
      await this.#exited;
    }
  }

  #take(report: Exclude<Report, { kind: 'started' | 'refused' }>): void {
    if (report.kind === 'trouble') {
      this.onError(errorOf(report.failure));
      return;
    }
    const waiting = this.#waiting.get(report.id);
    this.#waiting.delete(report.id);
    if (report.kind === 'answer') waiting?.resolve(report.value);
    else waiting?.reject(errorOf(report.failure));
  }

  // An error comes before the exit that it leads to.
  #died(cause: unknown, reject: (error: Error) => void): void {
    if (this.#death) return;
    const message =
      "the broker's thread has ended by itself; start another broker, its journal has kept what it confirmed";
    const error = new BrokerError('BROKER_HOST_DIED', message, { cause });
    this.#death = error;
    reject(error);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    if (this.#isRunning && !this.#isClosing) this.onError(error);
  }

  #remoteFaults(): Faults {
    const fault =
      <T>(method: keyof Faults) =>
      (...args: readonly unknown[]): Promise<T> =>
        this.call({ target: 'faults', method, args }) as Promise<T>;
    return {
      dropConnections: fault('dropConnections'),
      refuseConnections: fault('refuseConnections'),
      withholdConfirms: fault('withholdConfirms'),
      nackPublishes: fault('nackPublishes'),
      delayFrames: fault('delayFrames'),
      closeChannels: fault('closeChannels'),
      cancelConsumers: fault('cancelConsumers'),
    };
  }
}

function errorOf({ code, message, cause }: Failure): Error {
  return code === undefined ? new Error(message, { cause }) : new BrokerError(code, message, { cause });
}
