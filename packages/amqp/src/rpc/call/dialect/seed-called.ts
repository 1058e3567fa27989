import { randomUUID } from 'node:crypto';
import { readSeedAnswer, readSeedTargets, seedCommands } from '@micro-framework/core/rpc';
import { pythonProperties } from '../../wire/python.js';
import { seedDirectoryKey, seedExchange, seedKey, seedQueue } from '../../wire/seed.js';
import type { CalledDialect } from './called-dialect.js';

/** Milliseconds: how long answers lie there, and the queue without a consumer. */
const life = { 'x-message-ttl': 86_400_000, 'x-expires': 43_200_000 };

/** What Python's micro_framework speaks, called. */
export const seedCalled: CalledDialect = {
  notifies: true,
  confirms: true,
  directory: { call: seedCommands.list, read: readSeedTargets },

  replyQueue() {
    const name = `ufw-reply-${randomUUID()}`;
    return { name, address: name, topology: seedQueue(name, name, life), isTemporary: true };
  },

  request({ target, params }, { to, correlation, replyTo }) {
    const isWanted = correlation !== undefined;
    return {
      exchange: seedExchange,
      routingKey: target === seedCommands.list ? seedDirectoryKey(to, target) : seedKey(to, target),
      body: Buffer.from(`{"command":${JSON.stringify(target)},"command_args":${params},"command_kwargs":{}}`),
      properties: {
        ...pythonProperties(),
        mandatory: isWanted,
        ...(isWanted && { correlationId: correlation, replyTo }),
      },
    };
  },

  answer({ content }) {
    const text = content.toString();
    // JSON in JSON; taken as it is where somebody writes it once.
    return readSeedAnswer(text.startsWith('"') ? innerText(text) : text);
  },
};

function innerText(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
