/** Fewer letters begin too much. */
const LEAST_BEGUN = 3;

/** The name that someone probably meant: the one that they began, or else the nearest by edits, when it is near enough to be worth saying. */
export function nearest(typed: string, names: Iterable<string>): string | undefined {
  const wanted = typed.toLowerCase();
  const all = [...names];
  const [begun, another] = all.filter((name) => name.toLowerCase().startsWith(wanted));
  if (wanted.length >= LEAST_BEGUN && begun !== undefined && another === undefined) return begun;
  let best: string | undefined;
  // A third of the letters may be wrong; one always may.
  let bound = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of all) {
    const distance = edits(wanted, name.toLowerCase());
    if (distance < bound) {
      bound = distance;
      best = name;
    }
  }
  return best;
}

/** Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment). */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (before[column - 2] ?? 0) + 1);
      }
      next.push(least);
    }
    before = last;
    last = next;
  }
  return last[b.length] ?? 0;
}
