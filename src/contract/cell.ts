import { z } from 'zod';

/** A cell keeps its type: numbers that JavaScript would change come as text with type integer or decimal. */
export const Cell = z.union([
  z.null(),
  z.string(),
  z.number(),
  z.object({ integer: z.string() }),
  z.object({ decimal: z.string() }),
  z.object({ base64: z.string() }),
]);
export type Cell = z.infer<typeof Cell>;
