import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rabbitmqScripts } from './rabbitmq-binary.js';

/** Set by `test/run.ts`: the address of the node that the test files of one run share, as JSON. */
export const sharedNodeVariable = 'MF_TEST_RABBITMQ';

/** How to reach a node of ours, also from another process. Plain data. */
export interface NodeAddress {
  readonly uri: string;
  readonly port: number;
  /** Where the node listens for Erlang's own protocol. */
  readonly distributionPort: number;
  /** Where it is found by its name, as RabbitMQ's own tools look for it. */
  readonly epmdPort: number;
  readonly cookie: string;
}

/** A private RabbitMQ: free ports, own folder, own name. */
export interface RabbitNode {
  readonly address: NodeAddress;
  /** Resolves when it takes connections. */
  readonly ready: Promise<void>;
  /** Ends it at once, or in order, and keeps its folder. Resolves when it is gone. */
  halt(how: 'kill' | 'stop'): Promise<void>;
  /** Starts it again, on the same ports. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Kills it and removes its folder. */
  stop(): Promise<void>;
}

/** A node's name, for RabbitMQ's own tools. */
export function nodeName({ port }: Pick<NodeAddress, 'port'>): string {
  return `mf-${port}@localhost`;
}

/** What may differ from node to node. */
export interface NodeOptions {
  /** How many cores it may use. Default: two, for a test's broker is not to take the whole machine. */
  readonly schedulers?: number;
  /** Further lines of its configuration. */
  readonly settings?: readonly string[];
}

/**
 * Starts a private node; returns at once, with its address. It ends with this process, however that ends: its shell
 * waits for the end of a pipe that we hold.
 */
export async function startNode({ schedulers = 2, settings = [] }: NodeOptions = {}): Promise<RabbitNode> {
  const scripts = await rabbitmqScripts();
  const [port = 0, distributionPort = 0, epmdPort = 0] = await freePorts(3);
  const folder = await mkdtemp(join(tmpdir(), 'mf-rabbit-'));
  const cookie = `mf${process.pid}x${port}`;
  await prepare({ folder, cookie, port, settings });
  const child = spawn('sh', ['-c', guard, 'sh', scripts, String(epmdPort), folder], {
    env: environment(folder, { port, distributionPort, epmdPort }, schedulers),
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const ready = untilSaid(child, exited, 'completed with');
  const handles = [child, child.stdin, child.stdout, child.stderr] as unknown as {
    ref(): void;
    unref(): void;
  }[];
  // Running, it keeps no process alive. Whoever waits for it gets its error; nobody has to.
  ready.then(() => handles.map((handle) => handle.unref())).catch(() => {});
  const order = async (word: string, answer: string): Promise<void> => {
    for (const handle of handles) handle.ref();
    const done = untilSaid(child, exited, answer);
    child.stdin.write(`${word}\n`);
    await done;
    for (const handle of handles) handle.unref();
  };
  return {
    address: { uri: `amqp://guest:guest@127.0.0.1:${port}`, port, distributionPort, epmdPort, cookie },
    ready,
    halt: (how) => order(how, 'the node has ended'),
    start: () => order('start', 'completed with'),
    async stop() {
      for (const handle of handles) handle.ref();
      child.stdin.end();
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const guard = `
epmd -port "$2" >/dev/null 2>&1 & epmd=$!
start() { "$1/rabbitmq-server" </dev/null & node=$!; }
end() { kill "-$1" $node; wait $node; echo the node has ended; }
start "$1"
while read -r word; do
  case $word in
    kill) end KILL ;;
    stop) end TERM ;;
    start) start "$1" ;;
  esac
done
# Whoever read this is gone: a word to them would end the shell before it has cleaned up.
exec >/dev/null 2>&1
kill -9 $node $epmd; wait $node; rm -rf "$3"
`;

interface Preparation {
  readonly folder: string;
  readonly cookie: string;
  readonly port: number;
  readonly settings: readonly string[];
}

async function prepare({ folder, cookie, port, settings }: Preparation): Promise<void> {
  await mkdir(join(folder, 'home'));
  await writeFile(join(folder, 'home', '.erlang.cookie'), cookie, { mode: 0o400 });
  await writeFile(join(folder, 'enabled_plugins'), '[].');
  const config = [
    `listeners.tcp.local = 127.0.0.1:${port}`,
    'log.console = false',
    'log.file.level = warning',
    'disk_free_limit.absolute = 50MB',
    'vm_memory_high_watermark.absolute = 1GB',
    ...settings,
  ];
  await writeFile(join(folder, 'rabbitmq.conf'), `${config.join('\n')}\n`);
}

interface Ports {
  readonly port: number;
  readonly distributionPort: number;
  readonly epmdPort: number;
}

function environment(
  folder: string,
  { port, distributionPort, epmdPort }: Ports,
  schedulers: number,
): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: join(folder, 'home'),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_FLAGS: `-kernel inet_dist_use_interface {127,0,0,1} +S ${schedulers}:${schedulers}`,
    RABBITMQ_NODENAME: nodeName({ port }),
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    // The script then becomes the node instead of waiting for it.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

/** Resolves when the node, or its shell, says so from now on. */
async function untilSaid(child: ChildProcess, exited: Promise<unknown[]>, words: string): Promise<void> {
  let output = '';
  const stopped = new AbortController();
  const said = new Promise<'said'>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      const read = (chunk: Buffer): void => {
        output += chunk;
        if (output.includes(words)) resolve('said');
      };
      stream?.on('data', read);
      stopped.signal.addEventListener('abort', () => stream?.off('data', read));
    }
  });
  const first = await Promise.race([said, exited, timeout(120_000)]);
  stopped.abort();
  // Read on, or its pipe would fill.
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  if (first !== 'said') throw new Error(`RabbitMQ did not say '${words}':\n${output}`);
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
