/** Bounds that both sides keep. Bytes unless said otherwise. */
export const LIMITS = {
  /** Largest frame a page may send. */
  requestFrame: 1024 * 1024,
  /** Largest frame the engine sends. */
  responseFrame: 1024 * 1024,
  /** Rows of one page of a list. */
  pageRows: 500,
  /** Part of a key, value or header sent at once. */
  bytesChunk: 256 * 1024,
  /** Value text shown decoded; the rest is one click away as bytes. */
  decodedText: 256 * 1024,
  /** Characters of a state sent at once; of a longer one, its lines and parts of its text. */
  stateText: 200_000,
  /** Rows a console query returns to the page. */
  sqlRows: 5_000,
  /** Milliseconds a console query may run. */
  sqlMillis: 30_000,
  /** Requests under way at once on one connection. */
  inFlight: 256,
  /** Progress messages per second and job. */
  progressHz: 10,
  /** Offsets must stay below this to share a key with the partition number. */
  maxOffset: 2 ** 40,
} as const;
