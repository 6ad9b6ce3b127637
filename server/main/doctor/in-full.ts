/** What an error says, and what those say that caused it. */
export function inFull(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${inFull(error.cause)})`;
}
