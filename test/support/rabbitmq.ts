import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Broker, startBroker } from '@micro-framework/broker';
import {
  type NodeAddress,
  type NodeOptions,
  type RabbitNode,
  sharedNodeVariable,
  startNode,
} from './rabbitmq-node.js';

/** A place on a broker for one test. */
export interface Vhost {
  /** Where to connect. */
  readonly uri: string;
  /** A name no other test has: the broker given by `TEST_AMQP_URI` has one virtual host for all. */
  unique(name: string): string;
}

/** A virtual host of its own. It goes with the node: `t.after` would remove it before those who use it have stopped. */
export async function openVhost(): Promise<Vhost> {
  const given = process.env.TEST_AMQP_URI;
  const tag = `${process.pid}-${++opened}`;
  const unique = (name: string): string => `${name}-${tag}`;
  if (embedded) return { uri: await startEmbedded(embedded), unique };
  if (given) return { uri: given, unique };
  const node = await sharedNode();
  const name = `test-${tag}`;
  await evaluate(
    node,
    `rabbit_vhost:add(<<"${name}">>, <<"guest">>),
     rabbit_auth_backend_internal:set_permissions(<<"guest">>, <<"${name}">>, <<".*">>, <<".*">>, <<".*">>, <<"guest">>).`,
  );
  return { uri: `${node.uri}/${name}`, unique };
}

/** A node for this test alone, to be killed and cut. */
export async function startRabbit(
  t: { after(close: () => Promise<void>): void },
  options: NodeOptions = {},
): Promise<RabbitNode> {
  const node = await startNode(options);
  t.after(() => node.stop());
  await node.ready;
  return node;
}

let embedded: Broker[] | undefined;

/** From here on a place is an embedded broker of its own, for all tests of the file. */
export function useEmbeddedBrokers(): void {
  const brokers: Broker[] = [];
  embedded = brokers;
  // After the last test: `t.after` would close them before those who use them have stopped.
  after(() => Promise.all(brokers.map((broker) => broker.close())));
}

async function startEmbedded(brokers: Broker[]): Promise<string> {
  const broker = await startBroker();
  brokers.push(broker);
  return broker.url as string;
}

let opened = 0;
let called = 0;
let own: Promise<NodeAddress> | undefined;

function sharedNode(): Promise<NodeAddress> {
  const shared = process.env[sharedNodeVariable];
  own ??= shared ? untilUp(JSON.parse(shared)) : ownNode();
  return own;
}

// A test file that is run by itself. The node goes with the process.
async function ownNode(): Promise<NodeAddress> {
  const node = await startNode();
  await node.ready;
  return node.address;
}

async function untilUp(address: NodeAddress): Promise<NodeAddress> {
  for (let tries = 0; tries < 1_200; tries++) {
    const socket = connect(address.port, '127.0.0.1');
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (up) return address;
    await wait(100);
  }
  throw new Error(`the test run's RabbitMQ at ${address.uri} did not come up`);
}

/** Runs Erlang expressions on the node: 5 ms, where rabbitmqctl takes a second. */
export async function evaluate(
  { distributionPort, cookie }: NodeAddress,
  expressions: string,
): Promise<string> {
  // Each caller has a name of its own: of two with the same one the node refuses the second.
  const caller = ['-h', `erl_call-${process.pid}-${++called}`, '-c', cookie];
  const child = spawn('erl_call', ['-address', `127.0.0.1:${distributionPort}`, ...caller, '-e']);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  child.stdin.end(`${expressions.replaceAll('\n', ' ')}\n`);
  const [code] = await once(child, 'close');
  if (code !== 0 || !output.startsWith('{ok,')) throw new Error(`erl_call of ${expressions}: ${output}`);
  return output.slice(5, -1);
}
