import cluster from 'node:cluster';
import { once } from 'node:events';
import { startBroker } from '@micro-framework/broker';

// Two processes of `node:cluster`, each with a broker in memory and one in the same folder, whose URL is the argument.
// Writes a line a process, as JSON: the port of the first, and what became of the second.

const storage = process.argv[2] as string;

if (cluster.isPrimary) {
  for (let count = 0; count < 2; count++) {
    const [report] = await once(cluster.fork(), 'message');
    console.log(JSON.stringify(report));
  }
  process.exit(); // and they with it
} else {
  const { port } = await startBroker();
  const folder = await startBroker({ storage, thread: false }).then(
    () => 'held',
    (error: { code: string }) => error.code,
  );
  process.send?.({ port, folder });
}
