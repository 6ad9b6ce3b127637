/**
 * Policies that are checked for whoever may look at them, and not put them in force: each check takes a thread, many megabytes and
 * seconds of a processor (policy/vet.ts). One at a time of each person, and few of all of them; whoever comes meanwhile is told to come
 * back.
 */
const MOST = 4;

/** Undefined where it was not done. */
export type CheckUnderWay = <T>(person: string, work: () => Promise<T>) => Promise<T | undefined>;

export function createChecksUnderWay(): CheckUnderWay {
  const whose = new Set<string>();
  return async (person, work) => {
    if (whose.has(person) || whose.size >= MOST) return undefined;
    whose.add(person);
    try {
      return await work();
    } finally {
      whose.delete(person);
    }
  };
}
