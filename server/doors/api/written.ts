/** An answer that is JSON already. */
export class Written<A> {
  readonly text: string;
  /** Keeps the type of what was written; never there. */
  declare readonly answer?: A;
  constructor(answer: A) {
    this.text = JSON.stringify(answer);
  }
}

/** For values that are asked for all the time and mostly are the same object as before: written once for each. */
export function writtenOnce<V extends object, A>(view: (value: V) => A): (value: V) => Written<A> {
  const known = new WeakMap<V, Written<A>>();
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const written = new Written(view(value));
    known.set(value, written);
    return written;
  };
}
