/** The compressed bytes are not what their codec says. */
export class CodecError extends Error {
  override name = 'CodecError';
}

/** Decompressing would pass the allowed size. */
export class OutputTooLarge extends CodecError {
  override name = 'OutputTooLarge';

  constructor(limit: number) {
    super(`it decompresses to more than the allowed ${limit} bytes`);
  }
}
