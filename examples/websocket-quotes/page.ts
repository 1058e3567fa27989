/** Where the page finds what it imports; see main.ts. */
const imports = {
  '@micro-framework/core/rpc': '/core/rpc/index.js',
  '@micro-framework/websocket/client': '/websocket/client/index.js',
};

/** The page: a table of prices that are asked for twice a second, over one connection. */
export const page = `<!doctype html>
<meta charset="utf-8">
<title>Quotes</title>
<style>
  body { font: 16px system-ui; margin: 3rem }
  td { padding: 0.2rem 2rem 0.2rem 0 }
  .price { text-align: right; font-variant-numeric: tabular-nums }
</style>
<h1>Quotes</h1>
<table id="quotes"></table>
<p id="state">connecting</p>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import { RpcClient } from '@micro-framework/websocket/client';

  const client = new RpcClient(location.origin.replace('http', 'ws'), { timeout: 2_000 });
  const quotes = client.service('Quotes');
  const table = document.querySelector('#quotes');
  const cells = new Map();

  for (const symbol of await quotes.symbols()) {
    const row = table.insertRow();
    row.insertCell().textContent = symbol;
    cells.set(symbol, row.insertCell());
    cells.get(symbol).className = 'price';
  }

  async function refresh() {
    try {
      const prices = await Promise.all([...cells.keys()].map((symbol) => quotes.price(symbol)));
      for (const { symbol, price } of prices) cells.get(symbol).textContent = price.toFixed(2);
      document.querySelector('#state').textContent = 'live';
    } catch (error) {
      document.querySelector('#state').textContent = error.message;
    }
    setTimeout(refresh, 500);
  }
  await refresh();
</script>
`;
