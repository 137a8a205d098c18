import { z } from 'zod';

/**
 * A file that people pass on: it names its format and version, so that any other file is refused and not half read.
 * @param format such as `hindcast-mapping`
 */
export const documentFile = <const Format extends string, Shape extends z.ZodRawShape>(
  format: Format,
  shape: Shape,
) => z.object({ format: z.literal(format), version: z.literal(1), ...shape }).strict();
