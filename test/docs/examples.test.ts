import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';
import { commentExamples, type Example, faultsOf, markdownExamples } from '../support/examples.js';
import { readSource, root } from '../support/sources.js';

test('each TypeScript block of the README and the guides is a program that compiles', () => {
  const guides = readdirSync(`${root}docs`).filter((file) => file.endsWith('.md'));
  const examples = ['README.md', ...guides.map((file) => `docs/${file}`)].flatMap(markdownExamples);

  assert.ok(examples.length > 2);
  assert.deepEqual(faultsOf(examples), []);
});

test('each example of a doc comment compiles, given what it leaves out', () => {
  const cannotFindName = 2304; // a name of the reader's own, such as `Order` or `url`
  const examples = commentExamples();

  assert.ok(examples.length > 10);
  assert.deepEqual(faultsOf(examples.map(completed), [cannotFindName]), []);
});

/** Adds the imports, and the class around what are members of one. */
function completed({ place, code }: Example): Example {
  const body = isSyntax(code) ? code : `class Example {\n${code}\n}`;
  const declarations = body.matchAll(/\b(?:class|function|const|interface|type) (\w+)/g);
  const known = new Set([...declarations].map(([, name]) => name));
  const used = new Set(body.match(/\w+/g));
  const imports = packages.map(({ name, exported }) => {
    const needed = exported.filter(({ symbol }) => used.has(symbol) && !known.has(symbol));
    for (const { symbol } of needed) known.add(symbol);
    return `import { ${needed.map(({ kind, symbol }) => `${kind}${symbol}`).join(', ')} } from '${name}';`;
  });
  return { place, code: `${imports.join('\n')}\n${body}` };
}

function isSyntax(code: string): boolean {
  const compilerOptions = { experimentalDecorators: true };
  return ts.transpileModule(code, { reportDiagnostics: true, compilerOptions }).diagnostics?.length === 0;
}

/** What packages export by name; those that only pass others' names on export none. */
const packages = readdirSync(`${root}packages`).map((folder) => {
  const { name } = JSON.parse(readSource(`packages/${folder}/package.json`)) as { name: string };
  const lists = readSource(`packages/${folder}/src/index.ts`).matchAll(/^export (type )?\{([^}]*)\}/gm);
  return {
    name,
    exported: [...lists].flatMap(([, ofTypes = '', list = '']) =>
      [...list.matchAll(/(type )?(\w+)(?=\s*(?:,|$))/g)].map(([, ofType = '', symbol = '']) => ({
        kind: ofTypes || ofType,
        symbol,
      })),
    ),
  };
});
