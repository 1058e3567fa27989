import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokerError, brokerErrorCodes } from '@micro-framework/broker';
import { knownErrors } from 'micro-framework';
import { readSource } from '../support/sources.js';

const page = readSource('docs/errors.md');

/** Every code there is, with the name of its class. */
const classNames = new Map([
  ...[...knownErrors()].map(([code, { name }]) => [code, name] as const),
  ...brokerErrorCodes.map((code) => [code, BrokerError.name] as const),
]);

test('docs/errors.md has a section for every error code, and for nothing else', () => {
  const documented = [...page.matchAll(/^### `(.+)`$/gm)].map(([, code]) => code);

  assert.deepEqual(documented.sort(), [...classNames.keys()].sort());
});

test('each section names the class of its code and says what to do', () => {
  for (const [code, name] of classNames) {
    const section = page.split(`### \`${code}\``)[1]?.split(/^##/m)[0] ?? '';

    assert.match(section, new RegExp(`^\`${name}\`\\.`, 'm'), code);
    assert.match(section, /^\*\*What to do:\*\* \S/m, code);
  }
});
