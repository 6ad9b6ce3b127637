/**
 * Enrolment passes: a secret by which one device gets a certificate, before it has any. An administrator makes it for a device that
 * is known already, for so many uses and so long, and only from certain networks if asked. Whoever shows it gets certificates of
 * that device and of no other; it opens nothing else.
 *
 * EST shows the secret itself (RFC 7030 §3.2.3). ACME shows a MAC by a key that is made of it (RFC 8555 §7.3.4), so that key has to
 * be kept: sealed under the device's own.
 */
import { type EnrolmentPassState, passLimits } from '@sallyport/contract/enrolment.ts';
import { base64url } from '../../../kernel/bytes.ts';
import { type Clock, DAY } from '../../../kernel/clock.ts';
import { Fault } from '../../../kernel/fault.ts';
import { hmacSha256 } from '../../../kernel/hmac.ts';
import { type DeviceId, type Ids, parseId } from '../../../kernel/id.ts';
import { parseNetworks } from '../../../kernel/networks.ts';
import type { Random } from '../../../kernel/random.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { Device, Devices } from '../../../subjects/devices.ts';
import type { Vault } from '../../../vault/vault.ts';
import { mintToken, parseToken, tokenMatches } from '../../sessions/token.ts';
import { endAccountsOfPass } from '../acme/acme-table.ts';
import {
  type EnrolmentPassId,
  type EnrolmentPassRow,
  enrolmentPassById,
  enrolmentPassesOf,
  insertEnrolmentPass,
  useEnrolmentPass,
  withdrawEnrolmentPass,
} from './enrolment-pass-table.ts';

export interface EnrolmentTerms {
  readonly uses: number;
  /** Milliseconds. */
  readonly lifetime: number;
  /** Names of hosts that its certificates may have beside the device's own name. */
  readonly names: readonly string[];
  /** From where it is good; none is anywhere. */
  readonly networks: readonly string[];
  /** The attestation key of its TPM, where that is known (SHA-256, base64url). */
  readonly attestationKey: string | undefined;
}

export interface IssuedPass {
  readonly id: EnrolmentPassId;
  /** Shown once. */
  readonly secret: string;
  /** The same for ACME: key identifier and MAC key, in base64url. */
  readonly eab: { readonly kid: string; readonly hmacKey: string };
  readonly expiresAt: number;
}

export interface EnrolmentPass extends Omit<EnrolmentTerms, 'lifetime'> {
  readonly id: EnrolmentPassId;
  readonly device: DeviceId;
  readonly used: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly withdrawnAt: number | undefined;
  readonly state: EnrolmentPassState;
}

export type PassError =
  | { readonly code: 'not-found' }
  /** It was retired, and does not come back. */
  | { readonly code: 'device-retired' }
  | { readonly code: 'network-not-valid'; readonly network: string };

/** Whether a device is let in with a pass, and why not. */
export type PassShown =
  | { readonly state: 'good'; readonly pass: EnrolmentPass; readonly device: Device }
  | {
      readonly state: 'wrong' | 'used' | 'expired' | 'disabled' | 'not-here';
      readonly pass: EnrolmentPassId | undefined;
      readonly device: DeviceId | undefined;
    };

export interface EnrolmentPasses {
  issue(
    tx: Tx,
    device: DeviceId,
    terms: EnrolmentTerms,
    by: By,
  ): Promise<Result<IssuedPass, PassError>>;
  /** The newest first. */
  list(q: Queries, device: DeviceId): Promise<readonly EnrolmentPass[]>;
  /** Accounts that were made with it end; certificates stay. */
  withdraw(tx: Tx, device: DeviceId, id: string, by: By): Promise<Result<void, PassError>>;
  /** By its secret. */
  shown(q: Queries, secret: string, address: string): Promise<PassShown>;
  /** By its key identifier; with the key that its holder has to have made a MAC with. */
  named(
    q: Queries,
    kid: string,
    address: string,
  ): Promise<{ readonly shown: PassShown; readonly macKey: Uint8Array | undefined }>;
  /** Takes one use of it, in the transaction of what it is used for. */
  use(tx: Tx, id: EnrolmentPassId): Promise<boolean>;
}

const LONGEST = passLimits.days * DAY;
const place = (id: EnrolmentPassId) => ({ table: 'enrolment_pass', column: 'mac_key', row: id });
const macKeyOf = (secret: Uint8Array) => hmacSha256(secret)('sallyport acme eab');

const REASONS = {
  used: 'used',
  expired: 'expired',
  withdrawn: 'expired',
  'not-active': 'disabled',
} as const;

export function createEnrolmentPasses(deps: {
  readonly devices: Pick<Devices, 'get'>;
  readonly vault: Vault;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}): EnrolmentPasses {
  const { devices, vault, record, clock, random, ids } = deps;

  function stateOf(row: EnrolmentPassRow, device: Device | undefined): EnrolmentPassState {
    if (row.withdrawn_at !== null) return 'withdrawn';
    if (row.expires_at <= clock.now()) return 'expired';
    if (row.used >= row.uses) return 'used';
    return device?.status === 'active' ? 'good' : 'not-active';
  }

  function read(row: EnrolmentPassRow, device: Device | undefined): EnrolmentPass {
    return {
      id: row.id,
      device: row.device_id,
      state: stateOf(row, device),
      uses: row.uses,
      used: row.used,
      // Written by `issue` alone, both.
      names: JSON.parse(row.names) as string[],
      networks: JSON.parse(row.networks) as string[],
      attestationKey: row.attestation === '' ? undefined : row.attestation,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      withdrawnAt: row.withdrawn_at ?? undefined,
    };
  }

  async function judged(q: Queries, row: EnrolmentPassRow, address: string): Promise<PassShown> {
    const device = await devices.get(q, row.device_id);
    const pass = read(row, device);
    const no = (state: Exclude<PassShown['state'], 'good'>): PassShown => ({
      state,
      pass: row.id,
      device: row.device_id,
    });
    if (pass.state !== 'good') return no(REASONS[pass.state]);
    if (device === undefined) return no('disabled');
    return goodFrom(pass.networks, address) ? { state: 'good', pass, device } : no('not-here');
  }

  const WRONG: PassShown = { state: 'wrong', pass: undefined, device: undefined };

  return {
    async issue(tx, id, { uses, lifetime, names, networks, attestationKey }, by) {
      // Whoever calls has read it by the same bounds.
      if (uses < 1 || uses > passLimits.uses || lifetime > LONGEST) {
        throw new Fault('store.misuse', 'an enrolment pass beyond its bounds');
      }
      const read = parseNetworks(networks);
      if (!read.ok) return failed({ code: 'network-not-valid', network: read.error });
      const device = await devices.get(tx, id);
      if (device === undefined) return failed({ code: 'not-found' });
      const box = await vault.subject(tx, id);
      if (device.status === 'retired' || box === undefined) {
        return failed({ code: 'device-retired' });
      }
      const minted = mintToken('enrolment', ids, random);
      const parsed = parseToken('enrolment', minted.text);
      if (parsed === undefined) throw new Fault('gate', 'a pass that was just made can’t be read');
      const macKey = macKeyOf(parsed.secret);
      const now = clock.now();
      const expiresAt = now + lifetime;
      await tx.run(insertEnrolmentPass, {
        id: minted.id,
        secret_hash: minted.hash,
        mac_key: box.seal(place(minted.id), macKey),
        device_id: id,
        names: JSON.stringify(names),
        networks: JSON.stringify(networks),
        attestation: attestationKey ?? '',
        uses,
        created_at: now,
        expires_at: expiresAt,
      });
      await record.append(tx, {
        type: 'device.pass-issued',
        outcome: 'done',
        subject: id,
        ...by,
        data: {
          name: device.name,
          pass: minted.id,
          uses,
          until: expiresAt,
          names: [...names],
          networks: [...networks],
        },
      });
      const eab = { kid: minted.id, hmacKey: base64url(macKey) };
      return ok({ id: minted.id, secret: minted.text, eab, expiresAt });
    },

    async list(q, id) {
      const device = await devices.get(q, id);
      return (await q.all(enrolmentPassesOf, { device: id })).map((row) => read(row, device));
    },

    async withdraw(tx, device, typed, by) {
      const id = parseId<'enrolment'>(typed);
      const row = id && (await tx.one(enrolmentPassById, { id }));
      const now = clock.now();
      if (row?.device_id !== device) return failed({ code: 'not-found' });
      if ((await tx.run(withdrawEnrolmentPass, { id: row.id, now })) !== 1) {
        return failed({ code: 'not-found' });
      }
      const accounts = await tx.run(endAccountsOfPass, { pass: row.id, now });
      await record.append(tx, {
        type: 'device.pass-withdrawn',
        outcome: 'done',
        subject: row.device_id,
        ...by,
        data: { pass: row.id, accounts },
      });
      return ok(undefined);
    },

    async shown(q, secret, address) {
      const token = parseToken('enrolment', secret);
      const row = token && (await q.one(enrolmentPassById, { id: token.id }));
      if (token === undefined || row === undefined || !tokenMatches(token, row.secret_hash)) {
        return WRONG;
      }
      return judged(q, row, address);
    },

    async named(q, kid, address) {
      const id = parseId<'enrolment'>(kid);
      const row = id && (await q.one(enrolmentPassById, { id }));
      const box = row && (await vault.subject(q, row.device_id));
      if (row === undefined || box === undefined) return { shown: WRONG, macKey: undefined };
      const macKey = box.open(place(row.id), row.mac_key);
      return { shown: await judged(q, row, address), macKey };
    },

    use: async (tx, id) => (await tx.run(useEnrolmentPass, { id, now: clock.now() })) === 1,
  };
}

/** Whether an address lies in what something was bound to; networks were checked when they were written. */
export function goodFrom(networks: readonly string[], address: string): boolean {
  if (networks.length === 0) return true;
  const read = parseNetworks(networks);
  return read.ok && read.value(address);
}
