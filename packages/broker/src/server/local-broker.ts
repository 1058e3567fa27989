import { randomUUID } from 'node:crypto';
import type { Broker, BrokerStatus } from '../broker.js';
import { noDurability } from '../durability.js';
import { Engine } from '../engine/engine.js';
import { Journal } from '../journal/journal.js';
import type { BrokerSettings } from '../options.js';
import { Announcement } from '../shared/announcement.js';
import { DiscoveryFile } from '../shared/discovery-file.js';
import { ActiveFaults, faultsOf } from './faults.js';
import { Pressure } from './pressure.js';
import { Server } from './server.js';

/** Starts a broker in this thread. Whatever cannot be started leaves nothing behind. */
export async function startLocalBroker(settings: BrokerSettings): Promise<Broker> {
  const { dataDir } = settings;
  const journal = dataDir === undefined ? undefined : await Journal.open({ ...settings, path: dataDir });
  const discovery = dataDir === undefined ? undefined : new DiscoveryFile(dataDir);
  let server: Server | undefined;
  let announcement: Announcement | undefined;
  const end = async (): Promise<void> => {
    try {
      announcement?.end();
    } finally {
      await server?.close();
      await journal?.close();
    }
  };
  try {
    discovery?.clear();
    const internalError = internalErrorOf(settings);
    const engine = new Engine({ ...settings, internalError, ...(journal && { store: journal.store }) });
    await journal?.recover(engine);
    server = newServer(settings, engine, journal);
    const port = await server.listen(settings);
    const url = settings.socketPath === undefined ? urlOf(settings, port) : undefined;
    const host = url === undefined ? undefined : { url, pid: process.pid, id: server.context.id };
    if (journal && discovery) announcement = new Announcement(discovery, journal, host);
    return {
      url,
      port,
      connect: () => (server as Server).connect(),
      faults: faultsOf(server),
      status: async () => (server as Server).context.status(),
      close: end,
    };
  } catch (error) {
    await end().catch(() => {}); // the first error is the one to tell
    throw error;
  }
}

function newServer(settings: BrokerSettings, engine: Engine, journal: Journal | undefined): Server {
  const { vhost, maxMessageBytes } = settings;
  const server: Server = new Server({
    id: randomUUID(),
    engine,
    vhost,
    credentials: settings,
    limits: settings,
    maxMessageBytes,
    durability: journal ?? noDurability,
    pressure: new Pressure(engine.memory, settings.maxBytes),
    faults: new ActiveFaults(),
    status: () => statusOf(server),
    internalError: internalErrorOf(settings),
  });
  return server;
}

function internalErrorOf({ onError }: BrokerSettings): (error: unknown) => void {
  return (error) => onError(error instanceof Error ? error : new Error(String(error)));
}

// Listening on every address, a broker is still reached by this machine's own one.
const ownAddress: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

function urlOf({ username, password, host, vhost }: BrokerSettings, port: number): string {
  const address = ownAddress[host] ?? (host.includes(':') ? `[${host}]` : host);
  const path = vhost === '/' ? '' : `/${encodeURIComponent(vhost)}`;
  return `amqp://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${address}:${port}${path}`;
}

function statusOf({ connections, context }: Server): BrokerStatus {
  const { engine, pressure } = context;
  return {
    connections: connections.size,
    bytes: engine.memory.bytes,
    blocked: pressure.high,
    failing: engine.store.failing,
    queues: [...engine.queues.byName.values()].map(({ name, waiting, unsettled, turns }) => ({
      name,
      ready: waiting.length,
      unsettled,
      consumers: turns.size,
    })),
  };
}
