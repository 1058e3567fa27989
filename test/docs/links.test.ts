import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brokenLinks } from '../support/links.js';
import { root } from '../support/sources.js';

test('every link of a page into the repository leads somewhere', () => {
  const pages = [
    '.',
    'docs',
    'packages/broker',
    ...readdirSync(`${root}examples`).map((name) => `examples/${name}`),
  ]
    .filter((folder) => !folder.includes('.json'))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.md'));

  const broken = brokenLinks(root, pages);

  assert.ok(pages.length > 2);
  assert.deepEqual(broken, []);
});
