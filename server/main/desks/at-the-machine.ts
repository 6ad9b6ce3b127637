/** Whoever uses the command line on this machine: the database and the root key are in their hands already. */
export const AT_THE_MACHINE = { door: 'cli' } as const;
