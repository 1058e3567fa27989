import {
  type Deadline,
  type Extension,
  type ExtensionContext,
  type HealthReport,
  healthOfSome,
  type SharedDefinition,
} from '@micro-framework/core';
import { failure, type RpcAnswer, type TargetInfo } from '@micro-framework/core/rpc';
import { type Session, session } from '../../connection/session.js';
import type { RpcDialect } from '../dialects.js';
import { Intake, type IntakeParts } from './intake.js';
import { namekoServed } from './nameko-served.js';
import { ownServed } from './own-served.js';
import type { RpcRoute } from './rpc-route.js';
import { seedServed } from './seed-served.js';
import type { ReadRequest, ServedDialect } from './served-dialect.js';

const served: Readonly<Record<RpcDialect, ServedDialect>> = {
  own: ownServed,
  seed: seedServed,
  nameko: namekoServed,
};

/** What a service offers over AMQP: its targets, and the queues they are called by, in each protocol it serves. */
export class RpcServer implements Extension {
  readonly #context: ExtensionContext;
  readonly #session: Session;
  readonly #routes = new Map<string, RpcRoute>();
  readonly #intakes: Intake[] = [];
  #awaited = 0;
  #draining: Promise<unknown> | undefined;

  constructor(context: ExtensionContext) {
    this.#context = context;
    this.#session = context.shared(session);
    const { serviceName } = context.config;
    for (const dialect of this.#dialects) {
      this.#take({ dialect, queue: dialect.serviceQueue(serviceName), target: undefined });
    }
  }

  /** Notes a route that will be offered. */
  add(route: RpcRoute): void {
    const { serviceName } = this.#context.config;
    this.#routes.set(route.name, route);
    this.#awaited += 1;
    for (const dialect of this.#dialects) {
      const queue = dialect.targetQueue(serviceName, route.name);
      if (queue) this.#take({ dialect, queue, target: route.name });
    }
  }

  async setup(): Promise<void> {
    for (const intake of this.#intakes) await intake.setup();
  }

  /** One more route is ready; with the last one requests are taken. */
  async open(): Promise<void> {
    this.#awaited -= 1;
    if (this.#awaited > 0 || this.#draining) return;
    for (const intake of this.#intakes) await intake.start();
  }

  /** Takes no more requests; those in hand are answered. */
  async drain(): Promise<void> {
    this.#draining ??= Promise.all(this.#intakes.map((intake) => intake.drain()));
    await this.#draining;
  }

  /** Waits until all answers are out. */
  async stop(deadline: Deadline): Promise<void> {
    await deadline.within(Promise.all(this.#intakes.map((intake) => intake.settled())));
  }

  health(): HealthReport {
    const active = this.#intakes.filter(({ isActive }) => isActive).length;
    const expected = this.#intakes.length;
    return {
      status: healthOfSome(active, expected),
      details: { targets: [...this.#routes.keys()], consumers: { expected, active } },
    };
  }

  get #dialects(): readonly ServedDialect[] {
    return this.#context.config.amqpRpcDialects.map((name) => served[name]);
  }

  #take(parts: Pick<IntakeParts, 'dialect' | 'queue' | 'target'>): void {
    this.#intakes.push(
      new Intake({
        ...parts,
        session: this.#session,
        log: this.#context.log,
        prefetch: () => this.#capacityOf(parts.target),
        run: (request, dialect) => this.#run(request, dialect),
      }),
    );
  }

  // Routes share their workers: more than one of them has room for would wait here, and not where others can take it.
  #capacityOf(target: string | undefined): number {
    const route = target === undefined ? undefined : this.#routes.get(target);
    return route?.capacity ?? Math.max(...[...this.#routes.values()].map(({ capacity }) => capacity));
  }

  #run(request: ReadRequest, dialect: ServedDialect): RpcAnswer | Promise<RpcAnswer> {
    switch (request.kind) {
      case 'answered':
        return request.answer;
      case 'targets':
        return { kind: 'result', value: dialect.tell(this.#targets(dialect)) };
      case 'target': {
        const wanted = this.#targets(dialect).find(({ target }) => target === request.target);
        return dialect.tellOf(wanted, request.target);
      }
      case 'call': {
        const route = this.#find(request.target, dialect);
        if (route) return route.call(request.request);
        return failure(
          'unknown-target',
          `${request.target.slice(0, 200)} does not exist or is not exposed through a RPC method.`,
        );
      }
    }
  }

  #find(name: string, dialect: ServedDialect): RpcRoute | undefined {
    const found = this.#routes.get(name);
    return found ?? [...this.#routes.values()].find((route) => dialect.nameOf(route.name) === name);
  }

  #targets(dialect: ServedDialect): readonly TargetInfo[] {
    return [...this.#routes.values()].map(({ info }) => ({ ...info, target: dialect.nameOf(info.target) }));
  }
}

/** The server of a runner. */
export const rpcServer: SharedDefinition<RpcServer> = {
  name: 'AMQP calls',
  create: (context) => new RpcServer(context),
};
