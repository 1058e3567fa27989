/** A small event: 200 bytes of JSON. */
export interface Payload {
  readonly id: number;
  readonly customer: string;
  readonly items: readonly { readonly sku: string; readonly count: number; readonly cents: number }[];
  readonly note: string;
}

export const payload: Payload = {
  id: 4711,
  customer: 'c-81f0a2',
  items: [
    { sku: 'A-100', count: 2, cents: 1999 },
    { sku: 'B-205', count: 1, cents: 500 },
  ],
  note: 'Leave it at the back door, please; the bell does not work.'.padEnd(70, '.'),
};
