import { RpcClient } from '@micro-framework/websocket/client';
import { type Quotes, UnknownSymbolError } from './service.js';

const client = new RpcClient(process.argv[2] ?? 'ws://127.0.0.1:8765', { timeout: 2_000 });
const quotes = client.service<Quotes>();

// What the other side offers.
for (const { target, parameters, description } of await quotes.targets()) {
  console.log(`${target}(${parameters.map(({ name }) => name).join(', ')}): ${description}`);
}

// Calls that are not awaited one by one share the connection.
const symbols = await quotes.symbols();
const prices = await Promise.all(symbols.map((symbol) => quotes.price(symbol, 'EUR')));
for (const { symbol, price, currency } of prices) console.log(`${symbol} ${price.toFixed(2)} ${currency}`);

// An error keeps its class, since its file is imported here, too.
await quotes.price('HOOLI').catch((error: unknown) => {
  console.log(error instanceof UnknownSymbolError, String(error));
});

await client.close();
