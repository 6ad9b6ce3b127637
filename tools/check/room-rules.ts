/**
 * The room table and the few rules beside it, in the words of dependency-cruiser. Each tells its reason in one sentence.
 *
 * To add a rule between rooms: a line of room-table.ts. To add any other: an entry in BESIDES, whose `from` and `to` are regular
 * expressions for paths from the root, with the sentence that the person sees who breaks it; and in test/tools/rooms.test.ts a
 * file that breaks it, beside one that does the same rightly.
 */
import type { IForbiddenRuleType } from 'dependency-cruiser';
import { ROOMS, type Room } from './room-table.ts';

const FORMATS = '^server/wire/(?:cbor|cms|der|ssh|tpm|x509)/';

const OURS = '^(server|contract|console|test|bench|tools|verify)/';

/** A section of the configuration stands in its room and is read by config/ alone. */
const SECTION = '^server/[a-z0-9/-]+config\\.ts$';

function place(room: string): string {
  return room === 'contract' ? '^contract/' : `^server/${room}/`;
}

function rulesOf({ room, may, types = [], because }: Room): IForbiddenRuleType[] {
  const open = [room, ...may, ...types].map(place);
  return [
    {
      name: `room ${room}`,
      comment: because,
      severity: 'error',
      from: { path: place(room) },
      to: { path: OURS, pathNot: room === 'config' ? [...open, SECTION] : open },
    },
    ...types.map(
      (typed): IForbiddenRuleType => ({
        name: `room ${room}: types of ${typed}`,
        comment: `${because} Types of ${typed}/ may be imported, and nothing that runs.`,
        severity: 'error',
        from: { path: place(room) },
        to: { path: place(typed), dependencyTypesNot: ['type-only'] },
      }),
    ),
  ];
}

const BESIDES: readonly IForbiddenRuleType[] = [
  {
    name: 'nothing imports main',
    comment: 'The wiring in main/ stands over everything, so nothing may lean on it.',
    severity: 'error',
    from: { path: '^(server|contract)/', pathNot: '^server/main/' },
    to: { path: '^server/main/' },
  },
  {
    name: 'no way in from outside',
    comment: 'What runs never imports what tests, measures or builds it.',
    severity: 'error',
    from: { path: '^(server|contract)/' },
    to: { path: '^(test|bench|tools)/' },
  },
  {
    name: 'contract stands alone',
    comment:
      'The contract is shared with browsers and clients, so it imports nothing of the server.',
    severity: 'error',
    from: { path: '^contract/' },
    to: { path: '^(server|console)/' },
  },
  {
    name: 'verify stands alone',
    comment:
      'Other people’s APIs install verify/ by itself, so it imports nothing of ours, and of others jose alone.',
    severity: 'error',
    from: { path: '^verify/' },
    to: { pathNot: ['^verify/', '(?:^|/)node_modules/jose/'] },
  },
  {
    name: 'rooms are in the table',
    comment: 'Every folder of server/ is a room with a line in tools/check/room-table.ts.',
    severity: 'error',
    from: { path: '^server/', pathNot: [...ROOMS.map(({ room }) => place(room)), '^server/main/'] },
    to: { path: '.' },
  },
  {
    name: 'a proof knows no other',
    comment: 'Each kind of proof can be read, copied and removed by itself.',
    severity: 'error',
    from: { path: '^server/proofs/([^/]+)/' },
    to: { path: '^server/proofs/[^/]+/', pathNot: '^server/proofs/$1/' },
  },
  {
    name: 'the decider knows no use case',
    comment:
      'What decides is the same whatever is wished; what it needs of a use case is handed in where the gate is made.',
    severity: 'error',
    from: { path: '^server/gate/(?!use-cases/)' },
    to: { path: '^server/gate/use-cases/' },
  },
  {
    name: 'a door knows no other',
    comment: 'What two doors share belongs to the gate, or for HTTP to the http room.',
    severity: 'error',
    from: { path: '^server/doors/([^/]+)/' },
    to: { path: '^server/doors/[^/]+/', pathNot: '^server/doors/$1/' },
  },
  {
    name: 'a door speaks its own wire',
    comment: 'A door uses the codec of its own protocol; a second one is a second door.',
    severity: 'error',
    from: { path: '^server/doors/([^/]+)/', pathNot: '^server/doors/radius/eap/' },
    // What certificates, requests and keys look like is the same whatever carries them.
    to: { path: '^server/wire/[^/]+/', pathNot: ['^server/wire/$1/', FORMATS] },
  },
  {
    name: 'EAP speaks its own wire',
    comment: 'EAP travels in RADIUS; the part of that door that speaks it uses the codec of EAP.',
    severity: 'error',
    from: { path: '^server/doors/radius/eap/' },
    to: { path: '^server/wire/[^/]+/', pathNot: ['^server/wire/eap/', FORMATS] },
  },
  {
    name: 'SQL stands in tables',
    comment:
      'SQL stands only in a room’s *-table.ts files and in store/, where it can be reviewed.',
    severity: 'error',
    from: { path: '^server/', pathNot: ['-table\\.ts$', '^server/store/'] },
    to: { path: '(?:^|/)node_modules/(?:kysely|pg)/|^(?:node:)?sqlite$' },
  },
  {
    name: 'no cycles',
    comment: 'Files that import each other can only be understood together.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no drawers',
    comment:
      'A folder or file called utils, helpers or common is where every room tangles with every other.',
    severity: 'error',
    from: {},
    to: { path: '(?:^|/)(?:utils?|helpers?|common|misc)(?:/|\\.ts$)', pathNot: 'node_modules' },
  },
  {
    name: 'imports resolve',
    comment: 'An import that leads nowhere would also slip past every rule above.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

export const ROOM_RULES: readonly IForbiddenRuleType[] = [...ROOMS.flatMap(rulesOf), ...BESIDES];
