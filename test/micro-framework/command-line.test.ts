import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../support/command.js';
import { readSource } from '../support/sources.js';

const seeBroker = 'See npx micro-framework broker --help';

const wrong: Readonly<Record<string, string>> = {
  brokr: 'micro-framework: unknown command brokr: did you mean broker? See npx micro-framework --help',
  '--verzion':
    'micro-framework: unknown option --verzion: did you mean --version? See npx micro-framework --help',
  'broker --prot 5673': `micro-framework broker: unknown option --prot: did you mean --port? ${seeBroker}`,
  'broker -p 5673': `micro-framework broker: unknown option -p. ${seeBroker}`,
  'broker --toString': `micro-framework broker: unknown option --toString. ${seeBroker}`,
  'broker --port': `micro-framework broker: --port needs a value: --port <number>. ${seeBroker}`,
  'broker --port --status': `micro-framework broker: --port needs a value: --port <number>. ${seeBroker}`,
  'broker --data=': `micro-framework broker: --data needs a value: --data <dir>. ${seeBroker}`,
  'broker --status=all': `micro-framework broker: --status takes no value. ${seeBroker}`,
  'broker data': `micro-framework broker: unexpected argument 'data'. ${seeBroker}`,
  'broker --port 65536': `micro-framework broker: --port is '65536'; give a whole number from 0 to 65535. ${seeBroker}`,
  'broker --port 5e3': `micro-framework broker: --port is '5e3'; give a whole number from 0 to 65535. ${seeBroker}`,
  'broker --data file:here': `micro-framework broker: --data is 'file:here'; give a directory, or a URL like file:///var/lib/broker. ${seeBroker}`,
};

for (const [line, complaint] of Object.entries(wrong))
  test(`'${line}' ends with 2 and one line that says what was meant`, async (t) => {
    const { code, stdout, stderr } = await runCommand(t, line.split(' '));

    assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: '', stderr: `${complaint}\n` });
  });

test('without a command it says which there are', async (t) => {
  const { code, stdout, stderr } = await runCommand(t, []);

  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  assert.match(stderr, /^ {2}broker {2}run an AMQP 0-9-1 broker/m);
});

test('help tells the commands, and of each its options with their defaults', async (t) => {
  const [overview, broker] = await Promise.all([
    runCommand(t, ['--help']),
    runCommand(t, ['broker', '--data', './here', '--help']),
  ]);

  assert.deepEqual([overview.code, overview.stderr, broker.code, broker.stderr], [0, '', 0, '']);
  assert.match(overview.stdout, /^ {2}broker {2}run an AMQP 0-9-1 broker/m);
  for (const option of ['data <dir>', 'port <number>', 'host <address>', 'user <name>', 'password <text>'])
    assert.match(broker.stdout, new RegExp(`^ {2}--${option} +\\S`, 'm'));
  assert.match(broker.stdout, /^ {2}--status +\S/m);
});

test('its version is that of the package', async (t) => {
  const { version } = JSON.parse(readSource('packages/micro-framework/package.json')) as { version: string };

  const { code, stdout } = await runCommand(t, ['--version']);

  assert.deepEqual({ code, stdout }, { code: 0, stdout: `${version}\n` });
});
