/**
 * Why an address that somebody wrote down would never be called from here, and what to do; undefined where it may be, as far as it tells
 * by itself: what a name leads to is looked at when it is called. http/outside-address.ts has the rule.
 */
export type OutOfReach = (url: string) => string | undefined;
