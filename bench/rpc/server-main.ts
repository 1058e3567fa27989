// A server in a process of its own: its name in, its port out.
import { echoes } from './remote-echo.js';

const load = echoes[process.argv[2] ?? ''];
if (!load)
  throw new Error(`there is no server ${process.argv[2]}; there are ${Object.keys(echoes).join(', ')}`);
const { start } = await load();
process.once('SIGTERM', () => process.exit());
process.send?.(await start());
