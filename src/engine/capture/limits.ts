/** Longest id that the contract lets through, in UTF-16 units; a longer one stays in its record and names no aggregate. */
export const MAX_ID = 4096;
/** The same for the type of an aggregate. */
export const MAX_TYPE = 500;
