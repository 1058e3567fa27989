/** The one argument of a call: 100 bytes of JSON. */
export interface Quote {
  readonly symbol: string;
  readonly currency: string;
  readonly cents: number;
  readonly note: string;
}

export const quote: Quote = {
  symbol: 'ACME',
  currency: 'USD',
  cents: 1999,
  note: 'as of the close'.padEnd(39, '.'),
};
