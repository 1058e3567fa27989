// What `npx micro-framework` runs.
import { broker } from './broker/command.js';
import { runCommandLine } from './command-line.js';

process.exitCode = await runCommandLine([broker], process.argv.slice(2));
