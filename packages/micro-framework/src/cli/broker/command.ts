import type { Command } from '../command.js';
import { serve } from './serve.js';
import { readAddress, readServeOptions } from './settings.js';
import { showStatus } from './show-status.js';

/** `micro-framework broker`: the embedded broker alone, for development. */
export const broker: Command = {
  name: 'broker',
  summary: 'run an AMQP 0-9-1 broker for development, or show what a running one holds',
  options: {
    data: {
      value: '<dir>',
      help: 'keep durable queues and persistent messages there; default: in memory only',
    },
    port: { value: '<number>', help: 'default 5672; 0 takes a free one' },
    host: {
      value: '<address>',
      help: 'address to listen on; default 127.0.0.1, which only this machine reaches',
    },
    user: { value: '<name>', help: 'default guest' },
    password: { value: '<text>', help: 'default guest; a random one where other machines can connect' },
    status: { help: 'show the queues of a running broker, found by --data, or else by --port and --host' },
  },
  notes: [
    'The password can also be given in the environment variable BROKER_PASSWORD, where no other user of the machine',
    'sees it. The first line of the output is the URL; nothing else shows the password. Ctrl+C or SIGTERM stops it.',
  ].join('\n'),
  run: (values) =>
    values.status
      ? showStatus(readAddress(values, process.env))
      : serve(readServeOptions(values, process.env)),
};
