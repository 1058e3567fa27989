import type { z } from 'zod';

/**
 * A whole number from `min` to `max`, as a number or, from the environment, as text. Stricter than `z.coerce`, for
 * which `true`, `[]` and a blank are numbers, too.
 */
export function wholeNumber(zod: typeof z, min: number, max: number): z.ZodType<number> {
  return zod.unknown().transform((value, context) => {
    const number = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max)
      return number;
    context.addIssue({ code: 'custom', message: `give a whole number from ${min} to ${max}` });
    return zod.NEVER;
  });
}
