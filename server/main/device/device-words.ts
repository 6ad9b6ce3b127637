/** Devices as tables and JSON, and what can be wrong with what is asked about them. */
import { deviceWeaknesses } from '@sallyport/contract/devices.ts';
import type { DevicesDesk, ShownDevice, ShownDeviceProof } from '../desks/devices-desk.ts';
import { tellBy, type Words } from '../remote/refused.ts';
import { momentOf } from '../terminal/amounts.ts';
import { Ended, EXIT } from '../terminal/exit.ts';
import type { Cell, Output } from '../terminal/output.ts';

export const DEVICE_HEAD = [
  'device',
  'kind',
  'zone',
  'state',
  'owner',
  'proofs',
  'last seen',
  'to look at',
];

const STATES: Readonly<Record<ShownDevice['status'], Cell>> = {
  active: ['granted', 'active'],
  disabled: ['refused', 'disabled'],
  retired: ['refused', 'retired'],
};

export function deviceRow(device: ShownDevice): Cell[] {
  const { name, kind, zone, status, ownerName, orphaned, weaknesses } = device;
  return [
    name,
    kind,
    zone,
    STATES[status],
    orphaned ? ['refused', ownerName ?? 'nobody'] : (ownerName ?? ''),
    waysOf(device).join(', '),
    seenWords(device),
    weaknesses.length === 0 ? '' : ['challenged', weaknesses.join(', ')],
  ];
}

/** How it can prove itself, each way once: by what is registered, and by certificates of our own. */
function waysOf({ proofs, certificates }: ShownDevice): string[] {
  const certified = certificates.map(({ profile }) =>
    profile === 'ssh-host' ? 'ssh host certificate' : 'certificate',
  );
  return [...new Set([...proofs.map(({ kind }) => kind), ...certified])];
}

export function seenWords({ lastSeenAt, lastSeenBy, lastSeenHow }: ShownDevice): string {
  if (lastSeenAt === null) return 'never';
  const way = [lastSeenBy, lastSeenHow].filter((word) => word !== null).join(', ');
  return `${momentOf(lastSeenAt)}${way === '' ? '' : ` (${way})`}`;
}

export const PROOF_HEAD = ['proof', 'name', 'last used', 'ends', 'what it is', 'id'];

export function deviceProofRow(proof: ShownDeviceProof): Cell[] {
  const { id, kind, name, lastUsedAt, expiresAt, shown, exception } = proof;
  const ends = expiresAt === null ? 'no end' : momentOf(expiresAt);
  const facts = Object.entries(shown)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const words =
    exception === null
      ? facts
      : [
          ...facts,
          `because ${exception.reason}`,
          `instead ${exception.control}`,
          `${exception.ownerName ?? 'nobody'} answers for it`,
        ];
  return [
    exception === null ? kind : ['challenged', kind],
    name,
    lastUsedAt === null ? 'never' : momentOf(lastUsedAt),
    exception?.expired ? ['refused', `ended ${ends}`] : ends,
    words.join(', '),
    id,
  ];
}

export function ownCertificateRow(one: ShownDevice['certificates'][number]): Cell[] {
  const { serial, profile, expiresAt } = one;
  const kind = profile === 'ssh-host' ? 'ssh host certificate' : 'certificate';
  const what = `of our own authority, serial number ${serial}`;
  return [kind, profile, lastShown(one), momentOf(expiresAt), what, ''];
}

/** Shown to whoever comes to them: we are not told. */
const SHOWN_TO_OTHERS: ReadonlySet<string> = new Set([
  'ssh-host',
  'server',
  'radius-server',
  'svid',
]);

export function lastShown({
  profile,
  lastShownAt,
  lastShownBy,
}: Pick<ShownDevice['certificates'][number], 'profile' | 'lastShownAt' | 'lastShownBy'>): string {
  if (lastShownAt === null) return SHOWN_TO_OTHERS.has(profile) ? '' : 'never';
  return `${momentOf(lastShownAt)}${lastShownBy === null ? '' : ` (${lastShownBy})`}`;
}

export function weaknessSentences({ weaknesses }: ShownDevice): string {
  return weaknesses.map((code) => deviceWeaknesses[code]).join('; ');
}

/** Finds which device a command names, wherever it works; ends it when there is none like that. */
export async function deviceAt(
  desk: DevicesDesk,
  typed: string,
  output: Output,
): Promise<ShownDevice> {
  const found = await desk.find(typed);
  if (!found.ok) throw new Ended(refusedDevice(output, found.error));
  if (found.value !== undefined) return found.value;
  output.problem({
    what: `There is no device “${typed}”.`,
    mend: './sallyport device list shows them.',
    data: { code: 'not-found' },
  });
  throw new Ended(EXIT.notFound);
}

const WORDS: Words = {
  'name-taken': () => ({ what: 'Another device has that name.', mend: 'Take another.' }),
  'mac-taken': () => ({
    what: 'Another device has that MAC address.',
    mend: 'Is it the same one? ./sallyport device list shows them; retire the one that is gone.',
  }),
  'serial-taken': () => ({
    what: 'Another device has that serial number.',
    mend: 'Is it the same one? ./sallyport device list shows them; retire the one that is gone.',
  }),
  'network-taken': ({ network }) => ({
    what: `Another device speaks from ${network}.`,
    mend: '"addresses" in ./sallyport device list --json show which. Take it away there, or name a narrower one here.',
  }),
  'networks-malformed': ({ says }) => ({
    what: `${says}.`,
    mend: 'Write an address, or a network as 192.0.2.0/24 or 2001:db8::/64.',
  }),
  'owner-not-found': () => ({
    what: 'Whoever is disabled or erased can answer for nothing.',
    mend: './sallyport person list --status active shows who can.',
  }),
  'device-retired': () => ({
    what: 'That device was retired, and comes back by no way.',
    mend: 'Add it anew; its name is free.',
  }),
  'not-found': () => ({
    what: 'There is no such device.',
    mend: './sallyport device list shows them.',
  }),
  'changed-meanwhile': () => ({
    what: 'It was changed by somebody else at the same moment.',
    mend: 'Try again.',
  }),
  'device-proof-not-valid': ({ says }) => ({
    what: `That can’t be taken: ${says}. Nothing was changed.`,
  }),
  'proof-held-already': () => ({
    what: 'A device holds that already; one key, certificate or MAC address stands for one device.',
    mend: 'Make a new one, or end it there first.',
  }),
};

export const refusedDevice = tellBy(WORDS);

/** Where more is known of what was typed. */
export const refusedDeviceBy = (words: Words) => tellBy({ ...WORDS, ...words });
