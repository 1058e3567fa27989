import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startService } from '../../support/service-process.js';

const main = fileURLToPath(new URL('../fixtures/orders-main.js', import.meta.url));

const cases = [
  { what: 'left without a name on a broker that others may use', AMQP_URI: 'memory://named', warnings: 1 },
  { what: 'with a name', SERVICE_NAME: 'orders', AMQP_URI: 'memory://named', warnings: 0 },
  { what: 'alone with its broker', AMQP_URI: 'memory://', warnings: 0 },
];

for (const { what, warnings, ...settings } of cases) {
  test(`a service that listens, ${what}, is told ${warnings ? 'once ' : 'nothing '}of shared queues`, async (t) => {
    const env = { SERVICE_NAME: undefined, MAX_WORKERS: '1', ...settings };

    const { log } = await startService(t, main, env);

    const told = log().match(/"level":40.*services that leave it out share queues; set serviceName/g) ?? [];
    assert.equal(told.length, warnings, log());
  });
}
