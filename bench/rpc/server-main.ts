// A server in a process of its own: its name and the broker's address in, its port out.
import { echoes } from './remote-echo.js';

const [, , name = '', broker = ''] = process.argv;
const load = echoes[name];
if (!load) throw new Error(`there is no server ${name}; there are ${Object.keys(echoes).join(', ')}`);
const { start } = await load();
process.once('SIGTERM', () => process.exit());
process.send?.(await start(broker));
