const NAMED = 5;

/** The first of some names, and how many others there are. */
export function few(names: readonly string[]): string {
  const others = names.length - NAMED;
  const first = names.slice(0, NAMED).join(', ');
  return others > 0 ? `${first} and ${others} more` : first;
}
