import { openBroker } from '@micro-framework/broker';
import { connect } from 'amqplib';

// A process that publishes to the broker of a folder without pause, and finds it again whenever it is lost. What it
// was promised it writes to its standard output. Arguments: the folder's URL.

const broker = openBroker(process.argv[2] ?? '');
let isClosing = false;

process.on('SIGTERM', () => {
  isClosing = true;
});

async function publishUntilLost(url: string): Promise<void> {
  const model = await connect(url, { noDelay: true });
  model.on('error', () => {});
  const lost = new Promise((resolve) => model.once('close', resolve));
  const channel = await model.createConfirmChannel();
  channel.on('error', () => {});
  await channel.assertQueue('q', { durable: true });
  for (;;) {
    const id = `${process.pid}-${++last}`;
    const confirmed = new Promise<boolean>((resolve) => {
      channel.sendToQueue('q', Buffer.from(id), { persistent: true }, (error) => resolve(!error));
    });
    if (!(await Promise.race([confirmed, lost.then(() => false)]))) break;
    console.log(`confirmed ${id}`);
    if (isClosing) {
      await model.close();
      return;
    }
  }
  await lost;
}

let last = 0;

while (!isClosing) {
  const { url, hosting } = await broker.locate();
  console.log(hosting ? 'hosting' : 'joined');
  // Between the answer and the connection, its host may have died: that is a loss like any other.
  await publishUntilLost(url).catch((error: Error) => console.error(error.message));
}
await broker.close();
