import { DeviceKind, type DeviceStatus } from '@sallyport/contract/devices.ts';
import { fromUtf8, utf8 } from '../kernel/bytes.ts';
import { Fault } from '../kernel/fault.ts';
import type { DeviceId, PersonId } from '../kernel/id.ts';
import type { Box } from '../vault/vault.ts';
import type { DeviceRow, JudgedDeviceRow } from './device-table.ts';

/** A machine that proves itself, a workstation, a switch, a controller, with all that is judged of it. */
export interface Device {
  readonly id: DeviceId;
  /** Plain (PlainName in contract/processes.ts), and unique among those that are not retired. */
  readonly name: string;
  readonly kind: DeviceKind;
  readonly status: DeviceStatus;
  readonly epoch: number;
  readonly groups: readonly string[];
  /** Who answers for it. */
  readonly owner: PersonId | undefined;
  readonly ownerStatus: string | undefined;
  /** '' where it stands in none. */
  readonly zone: string;
  readonly serial: string | undefined;
  /** In small letters, with colons. */
  readonly mac: string | undefined;
  /** Networks from which it speaks as a network client (RADIUS, TACACS+), each in its one spelling. */
  readonly addresses: readonly string[];
  readonly purpose: string;
  readonly createdAt: number;
  readonly changedAt: number;
  /** When its last posture report was made, and what it said: see posture.ts. */
  readonly postureAt: number | undefined;
  readonly posture: string | undefined;
}

/** With what was noted when it came. */
export interface NotedDevice extends Device {
  readonly lastSeenAt: number | undefined;
  /** The door by which it came. */
  readonly lastSeenBy: string | undefined;
  /** With what: a certificate, a shared secret. */
  readonly lastSeenHow: string | undefined;
  readonly sealedLastSeenFrom: Uint8Array | undefined;
}

const STATUSES: readonly DeviceStatus[] = ['active', 'disabled', 'retired'];

const KINDS: ReadonlyMap<string, DeviceKind> = new Map(
  DeviceKind.options.map((kind) => [kind, kind]),
);

export function readDevice(row: JudgedDeviceRow): Device {
  const kind = KINDS.get(row.kind);
  if (kind === undefined) throw new Fault('store.misuse', `a device of the kind ${row.kind}`);
  return {
    id: row.id,
    name: row.name,
    kind,
    // What is not known may do nothing.
    status: STATUSES.find((status) => status === row.status) ?? 'disabled',
    epoch: row.epoch,
    groups: JSON.parse(row.groups) as string[],
    owner: (row.owner_id ?? undefined) as PersonId | undefined, // Only people are written as owners.
    ownerStatus: row.owner_status ?? undefined,
    zone: row.zone,
    serial: row.serial ?? undefined,
    mac: row.mac ?? undefined,
    addresses: JSON.parse(row.addresses) as string[],
    purpose: row.purpose,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    postureAt: row.posture_at ?? undefined,
    posture: row.posture ?? undefined,
  };
}

export function readNotedDevice(row: DeviceRow): NotedDevice {
  return {
    ...readDevice(row),
    lastSeenAt: row.last_seen_at ?? undefined,
    lastSeenBy: row.last_seen_by ?? undefined,
    lastSeenHow: row.last_seen_how ?? undefined,
    sealedLastSeenFrom: row.last_seen_from ?? undefined,
  };
}

const place = (id: DeviceId) => ({ table: 'device', column: 'last_seen_from', row: id });

/** From where it came, and through which network device. */
export interface SeenFrom {
  readonly address: string;
  readonly through?: string | undefined;
}

/** No address and no name has a line feed in it. */
export function sealSeenFrom(box: Box, id: DeviceId, { address, through }: SeenFrom): Uint8Array {
  return box.seal(place(id), utf8(through === undefined ? address : `${address}\n${through}`));
}

export function openSeenFrom(
  box: Box,
  { id, sealedLastSeenFrom }: NotedDevice,
): SeenFrom | undefined {
  if (sealedLastSeenFrom === undefined) return undefined;
  const [address = '', through] = fromUtf8(box.open(place(id), sealedLastSeenFrom)).split('\n');
  return { address, through };
}
