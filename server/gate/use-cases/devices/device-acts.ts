/**
 * What is done to devices and their proofs, whoever may do it: the command line on the machine itself calls these, the doors the
 * judged ones in device-administration.ts.
 */
import {
  type DeviceProofKind,
  type DeviceWeakness,
  isDeviceException,
} from '@sallyport/contract/devices.ts';
import { goodHostCertificate } from '../../../authority/ssh/ssh-table.ts';
import type { Authority } from '../../../authority/x509/authority-words.ts';
import type { ProfileName } from '../../../authority/x509/profiles.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { DeviceId, PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { By } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { NotedDevice, SeenFrom } from '../../../subjects/device.ts';
import type { DeviceConfig } from '../../../subjects/device-config.ts';
import type { DeviceProof, DeviceProofId } from '../../../subjects/device-proof.ts';
import type {
  DeviceProofError,
  DeviceProofs,
  NewDeviceProof,
} from '../../../subjects/device-proofs.ts';
import type { DeviceError, DeviceFilter, DevicePage, Devices } from '../../../subjects/devices.ts';
import { canAnswer } from '../../../subjects/owned-subject.ts';
import type { People } from '../../../subjects/people.ts';
import {
  type DeviceFacts,
  factsOf,
  type KnownPosture,
  postureOf,
} from '../../../subjects/posture.ts';
import { holdAlone } from '../../holding-table.ts';
import { NOT_FOUND, type NotFound, type Page } from '../answered.ts';
import { deviceWeaknessesOf, isUnrenewed } from './device-weaknesses.ts';

export interface SeenDeviceProof {
  readonly id: DeviceProofId;
  readonly kind: DeviceProofKind;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
  readonly expiresAt: number | undefined;
  /** What it is, in public words. */
  readonly shown: Readonly<Record<string, unknown>>;
  readonly exception:
    | {
        readonly owner: PersonId;
        readonly ownerName: string | undefined;
        readonly reason: string;
        readonly control: string;
        readonly expired: boolean;
        /** Whether its owner still can answer for it. */
        readonly answered: boolean;
      }
    | undefined;
}

/** One that our own authority gave it, and that is good. */
export interface SeenCertificate {
  readonly serial: string;
  /** The profile of X.509, or that it is an SSH host's. */
  readonly profile: ProfileName | 'ssh-host';
  readonly expiresAt: number;
  /** Those of hosts are shown to whoever logs in there, and not to us. */
  readonly shownAt?: number | undefined;
  readonly shownBy?: string | undefined;
}

/** More than a device has use for; the newest of them. */
const MOST_CERTIFICATES = 8;

export interface SeenDevice {
  readonly device: NotedDevice;
  /** What its owner signs in as; undefined when there is nobody, or they were erased. */
  readonly ownerName: string | undefined;
  readonly lastSeenFrom: SeenFrom | undefined;
  readonly proofs: readonly SeenDeviceProof[];
  readonly certificates: readonly SeenCertificate[];
  readonly posture: KnownPosture | undefined;
  readonly facts: DeviceFacts;
  readonly weaknesses: readonly DeviceWeakness[];
  /** When it was looked at: what is said of ages is as of then. */
  readonly at: number;
}

/** A proof as a client says it: whether it holds together is looked at here. */
export interface DeviceProofTerms {
  readonly kind: DeviceProofKind;
  readonly name?: string | undefined;
  readonly certificate?: string | undefined;
  readonly authority?: string | undefined;
  readonly named?: string | undefined;
  readonly publicKey?: string | undefined;
  readonly secret?: string | undefined;
  readonly weakBecause?: string | undefined;
  readonly overlapUntil?: number | undefined;
  readonly mac?: string | undefined;
  readonly owner?: PersonId | undefined;
  readonly reason?: string | undefined;
  readonly control?: string | undefined;
  readonly expiresAt?: number | undefined;
}

export interface AddedProofOfDevice {
  readonly device: DeviceId;
  readonly proof: DeviceProofId;
  readonly kind: DeviceProofKind;
  readonly expiresAt: number | null;
  /** Of a secret that was made here: shown once. */
  readonly secret: string | null;
  readonly replaced: DeviceProofId | null;
  /** Until when that one is taken too. */
  readonly overlapUntil: number | null;
}

export type DeviceProofFailure = NotFound | DeviceProofError | DeviceError;

export interface DeviceActs {
  see(q: Queries, device: NotedDevice): Promise<SeenDevice>;
  list(q: Queries, filter: DeviceFilter, page: DevicePage): Promise<Page<SeenDevice>>;
  addProof(
    tx: Tx,
    id: DeviceId,
    terms: DeviceProofTerms,
    by: By,
  ): Promise<Result<AddedProofOfDevice, DeviceProofFailure>>;
  endProof(tx: Tx, id: DeviceId, proof: DeviceProofId, by: By): Promise<Result<void, NotFound>>;
  /** Ends its proofs, revokes its certificates, and ends the device. */
  retire(tx: Tx, id: DeviceId, by: By): Promise<Result<NotedDevice, DeviceError>>;
}

export interface DeviceActsDeps {
  readonly devices: Devices;
  readonly deviceProofs: DeviceProofs;
  readonly people: People;
  readonly clock: Clock;
  readonly config: DeviceConfig;
  /** For what our own authority gave a device. */
  readonly authority: Pick<Authority, 'list' | 'revokeAll'>;
}

export function createDeviceActs(deps: DeviceActsDeps): DeviceActs {
  const { devices, deviceProofs, people, clock, config, authority } = deps;

  async function nameOf(q: Queries, id: PersonId | undefined): Promise<string | undefined> {
    const person = id && (await people.get(q, id));
    return person && (await people.profile(q, person))?.identifier;
  }

  async function answers(q: Queries, id: PersonId): Promise<boolean> {
    return canAnswer((await people.get(q, id))?.status);
  }

  async function seenProof(q: Queries, held: DeviceProof, now: number): Promise<SeenDeviceProof> {
    const { id, kind, name, createdAt, lastUsedAt, expiresAt } = held;
    const times = { createdAt, lastUsedAt, expiresAt };
    if (held.kind !== 'mac' && held.kind !== 'without-message-authenticator') {
      // A key's thumbprint says which it is; the rest of it nobody reads.
      const {
        spki: _,
        chain: __,
        ...shown
      } = { spki: undefined, chain: undefined, ...held.detail };
      return { id, kind, name, ...times, shown, exception: undefined };
    }
    const { owner, reason, control, mac } = held.detail;
    const exception = {
      owner,
      ownerName: await nameOf(q, owner),
      answered: await answers(q, owner),
      reason,
      control,
      expired: expiresAt !== undefined && expiresAt <= now,
    };
    return { id, kind, name, ...times, shown: mac === undefined ? {} : { mac }, exception };
  }

  async function see(q: Queries, device: NotedDevice): Promise<SeenDevice> {
    const now = clock.now();
    const held = await deviceProofs.list(q, device.id);
    const proofs: SeenDeviceProof[] = [];
    for (const proof of held) proofs.push(await seenProof(q, proof, now));
    const good = await authority.list(q, {
      subject: device.id,
      state: 'good',
      limit: MOST_CERTIFICATES,
    });
    const host = await q.one(goodHostCertificate, { device: device.id, now });
    const certificates: SeenCertificate[] = [
      ...good.map(({ serial, profile, notAfter, lastShownAt: shownAt, lastShownBy: shownBy }) => ({
        serial,
        profile,
        expiresAt: notAfter,
        shownAt,
        shownBy,
      })),
      ...(host === undefined
        ? []
        : [
            {
              serial: String(host.serial),
              profile: 'ssh-host' as const,
              expiresAt: host.expires_at,
            },
          ]),
    ];
    const reporting = {
      ...config,
      certified: certificates.length > 0,
      unrenewed: isUnrenewed(good, config.endsSoon, now),
      unanswered: proofs.some(({ exception }) => exception !== undefined && !exception.answered),
    };
    return {
      device,
      ownerName: await nameOf(q, device.owner),
      lastSeenFrom: await devices.lastSeenFrom(q, device),
      proofs,
      certificates,
      posture: postureOf(device),
      facts: factsOf(device, config, now),
      weaknesses: deviceWeaknessesOf(device, held, reporting, now),
      at: now,
    };
  }

  return {
    see,

    async list(q, filter, page) {
      const found = await devices.list(q, filter, page);
      const items: SeenDevice[] = [];
      for (const device of found) items.push(await see(q, device));
      const next = found.length === page.limit ? found.at(-1)?.id : undefined;
      return { items, next };
    },

    async addProof(tx, id, terms, by) {
      const device = await devices.get(tx, id);
      if (device === undefined) return failed(NOT_FOUND);
      const proof = proofOf(terms);
      if (!proof.ok) return proof;
      let now = device;
      // A device is known by the MAC address that an exception lets in; where nobody wrote it down before, it is now.
      if (terms.kind === 'mac' && terms.mac !== undefined && device.mac === undefined) {
        const changed = await devices.change(tx, id, { mac: terms.mac }, by);
        if (!changed.ok) return changed;
        now = changed.value;
      }
      const added = await deviceProofs.add(tx, now, proof.value, by);
      if (!added.ok) return added;
      const { proof: made, secret, replaced, overlapUntil } = added.value;
      return ok({
        device: id,
        proof: made.id,
        kind: made.kind,
        expiresAt: made.expiresAt ?? null,
        secret: secret ?? null,
        replaced: replaced ?? null,
        overlapUntil: overlapUntil ?? null,
      });
    },

    async endProof(tx, id, proof, by) {
      // As below: what is given for that proof just now is given before its end, or not at all.
      tx.put(holdAlone, { id });
      const held = (await deviceProofs.list(tx, id)).find((one) => one.id === proof);
      if (held === undefined) return failed(NOT_FOUND);
      const ended = await deviceProofs.end(tx, proof, by);
      return ended.ok ? ok(undefined) : ended;
    },

    async retire(tx, id, by) {
      // Before anything is read: what it is being given just now is to be seen, or not to be given.
      tx.put(holdAlone, { id });
      await deviceProofs.endAll(tx, id, by);
      await authority.revokeAll(tx, id, 'cessation-of-operation', by);
      return devices.retire(tx, id, by);
    },
  };
}

/** Each kind takes its own words and no others. */
const TAKES: Readonly<Record<DeviceProofKind, readonly (keyof DeviceProofTerms)[]>> = {
  certificate: ['certificate', 'authority', 'named'],
  key: ['publicKey'],
  tpm: [],
  radius: ['secret', 'weakBecause', 'overlapUntil'],
  tacacs: ['secret', 'weakBecause', 'overlapUntil'],
  mac: ['mac', 'owner', 'reason', 'control'],
  'without-message-authenticator': ['owner', 'reason', 'control'],
};

function proofOf(terms: DeviceProofTerms): Result<NewDeviceProof, DeviceProofError> {
  const malformed = (detail: string) => failed({ code: 'malformed', detail } as const);
  const {
    kind,
    expiresAt,
    certificate,
    authority,
    named,
    publicKey,
    secret,
    weakBecause,
    overlapUntil,
  } = terms;
  const allowed: readonly string[] = ['kind', 'name', 'expiresAt', ...TAKES[kind]];
  const stray = Object.entries(terms).find(
    ([word, value]) => value !== undefined && !allowed.includes(word),
  );
  if (stray !== undefined) return malformed(`\`${stray[0]}\` says nothing of a proof of this kind`);
  const frame = { name: terms.name ?? kind, expiresAt };
  if (isDeviceException(kind)) {
    const { owner, reason, control, mac } = terms;
    if (owner === undefined || reason === undefined || control === undefined) {
      return malformed('an exception has an `owner`, a `reason` and a `control`');
    }
    if (expiresAt === undefined) return malformed('an exception ends: give `expiresAt`');
    if (kind === 'mac' && mac === undefined) return malformed('give the `mac` that it is for');
    return ok({ ...frame, kind, owner, reason, control, mac });
  }
  switch (kind) {
    case 'certificate':
      if (certificate !== undefined && authority === undefined && named === undefined) {
        return ok({ ...frame, kind, pem: certificate });
      }
      if (certificate === undefined && authority !== undefined && named !== undefined) {
        return ok({ ...frame, kind, authority, named });
      }
      return malformed('give a `certificate`, or an `authority` and what it is `named` by it');
    case 'key':
      return publicKey === undefined
        ? malformed('give the `publicKey`')
        : ok({ ...frame, kind, publicKey });
    case 'tpm':
      return malformed('a TPM shows itself, with a pass: sallyport tpm bind');
    case 'radius':
    case 'tacacs':
      return ok({ ...frame, kind, secret, weakBecause, overlapUntil });
  }
}
