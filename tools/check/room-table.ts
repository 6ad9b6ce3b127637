/**
 * The rooms of the house and who may lean on whom: the one table that `npm run check` holds the code to.
 *
 * To add a room: a line here with the sentence that the person sees who breaks the rule, and the same line in the
 * architecture page. Types count as imports. What a line does not name is refused.
 */
export interface Room {
  readonly room: string;
  readonly may: readonly string[];
  /** Rooms of which only types may be taken. */
  readonly types?: readonly string[];
  readonly because: string;
}

export const ROOMS: readonly Room[] = [
  {
    room: 'kernel',
    may: [],
    because: 'The kernel stands under everything, so it leans on nothing of ours.',
  },
  {
    room: 'wire',
    may: ['kernel'],
    because: 'A codec turns bytes into values and back; it knows no one and keeps nothing.',
  },
  {
    room: 'store',
    may: ['kernel'],
    because: 'The store keeps rows for every room and knows what none of them means.',
  },
  {
    room: 'vault',
    may: ['kernel', 'store'],
    because: 'The vault seals values; it must not know whose or why.',
  },
  {
    room: 'record',
    may: ['kernel', 'store', 'vault', 'contract'],
    because: 'The record writes down what happened and takes no part in it.',
  },
  {
    room: 'subjects',
    may: ['kernel', 'store', 'vault', 'record', 'contract'],
    because: 'Subjects are who and what there is; whether they get in is decided elsewhere.',
  },
  {
    room: 'policy',
    may: ['kernel', 'store', 'record', 'contract'],
    types: ['subjects', 'proofs'],
    because: 'Policy judges what it is told and looks nothing up for itself.',
  },
  {
    room: 'authority',
    may: ['kernel', 'wire', 'store', 'vault', 'record', 'subjects', 'contract'],
    because: 'The authority signs what the gate granted; it asks no policy of its own.',
  },
  {
    room: 'proofs',
    may: ['kernel', 'wire', 'store', 'vault', 'record', 'subjects', 'authority', 'contract'],
    because: 'A proof verifies and never grants, so it knows neither policy nor gate.',
  },
  {
    room: 'gate',
    may: [
      'kernel',
      'store',
      'vault',
      'record',
      'subjects',
      'policy',
      'authority',
      'proofs',
      'contract',
    ],
    because: 'The gate decides the same whatever the protocol, so it imports no wire and no door.',
  },
  {
    room: 'http',
    may: ['kernel', 'contract'],
    types: ['gate'],
    because: 'The http room holds what HTTP doors share; who may do what is the gate’s to say.',
  },
  {
    room: 'doors',
    may: ['kernel', 'contract', 'http', 'wire', 'gate', 'authority', 'subjects'],
    because: 'A door frames bytes and asks the gate: never the store, never a proof, never a key.',
  },
  {
    room: 'watch',
    may: ['kernel', 'store', 'record', 'contract'],
    because: 'Detections read the record, and nothing that the record does not tell.',
  },
  {
    room: 'coverage',
    may: ['kernel', 'store', 'record', 'subjects', 'policy', 'watch', 'contract'],
    because: 'Coverage shows evidence; its drills come through the doors from outside.',
  },
  {
    room: 'config',
    may: ['kernel'],
    because:
      'The configuration is made of each room’s own *-config.ts and of nothing else in them.',
  },
];
