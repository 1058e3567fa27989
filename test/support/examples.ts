import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { readSource, root } from './sources.js';

/** A block of TypeScript in a document or a doc comment. */
export interface Example {
  /** File and number of the block in it, counted from 1. */
  readonly place: string;
  readonly code: string;
}

/** The `ts` blocks of a Markdown file. */
export function markdownExamples(file: string): Example[] {
  return fences(file, readSource(file));
}

/** The `@example` blocks of all packages' doc comments. */
export function commentExamples(): Example[] {
  return readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /^[^/]+\/src\/.*\.ts$/.test(file))
    .sort()
    .flatMap((file) => fences(join('packages', file), commentText(file)));
}

function commentText(file: string): string {
  const comments = readSource(join('packages', file)).match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  const bare = comments.map((comment) => comment.replace(/^[ \t]*\* ?/gm, '').replaceAll('*\\/', '*/'));
  return bare.filter((comment) => comment.includes('@example')).join('\n');
}

function fences(file: string, text: string): Example[] {
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, code = ''], index) => ({ place: `${file}, block ${index + 1}`, code }));
}

/** What the compiler has against examples, a line each. */
export function faultsOf(examples: readonly Example[], ignored: readonly number[] = []): string[] {
  // Not written anywhere: files only the compiler sees, in a folder from which our packages are found.
  const files = new Map(examples.map((example, index) => [join(root, `example-${index}.ts`), example]));
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const example = files.get(file);
    if (!example) return getSourceFile(file, languageVersion, ...rest);
    return ts.createSourceFile(file, example.code, { languageVersion: ts.ScriptTarget.ES2022, ...esm });
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files].flatMap(([file, { place }]) => {
    return ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .filter(({ code }) => !ignored.includes(code))
      .map(
        ({ code, messageText }) => `${place}: TS${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
  });
}

const esm = { impliedNodeFormat: ts.ModuleKind.ESNext } as const;

// Ours, but for what a build needs, and what asks for `import type`: users may have it or not.
function compilerOptions(): ts.CompilerOptions {
  const file = join(root, 'tsconfig.base.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);
  const noBuild = { noEmit: true, composite: false, declaration: false, declarationMap: false };
  return { ...options, ...noBuild, verbatimModuleSyntax: false };
}
