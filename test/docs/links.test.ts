import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readSource, root } from '../support/sources.js';

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

  const broken = pages.flatMap((page) =>
    [...readSource(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );

  assert.ok(pages.length > 2);
  assert.deepEqual(broken, []);
});
