/** So many things at once for each user, and what is more waits for those: nobody’s calls are behind all of somebody else’s. */
export type Turns = <T>(user: number, work: () => Promise<T>) => Promise<T>;

interface User {
  busy: number;
  readonly waiting: (() => void)[];
}

export function createTurns(most: number): Turns {
  const users = new Map<number, User>();
  return async (user, work) => {
    const own = users.get(user) ?? { busy: 0, waiting: [] };
    users.set(user, own);
    // Whoever is done leaves their place to whoever waits longest, and not to whoever comes at that moment.
    if (own.busy >= most) await new Promise<void>((resolve) => own.waiting.push(resolve));
    else own.busy += 1;
    try {
      return await work();
    } finally {
      const next = own.waiting.shift();
      if (next !== undefined) next();
      else own.busy -= 1;
      if (own.busy === 0) users.delete(user);
    }
  };
}
