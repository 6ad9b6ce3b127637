/** SSH certificates, made: signed, kept and on record, all in the transaction of whoever was granted one. */
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Tx } from '../../store/store.ts';
import {
  type CertificateOption,
  certificateType,
  writeCertificate,
} from '../../wire/ssh/certificate.ts';
import { fingerprint, keyLine, type SshPublicKey } from '../../wire/ssh/public-key.ts';
import { type CaKeys, LONGEST } from './ca-keys.ts';
import { insertCertificate, type SshCertificateRow } from './ssh-table.ts';
import {
  allowances,
  type CertificateKind,
  type HostRequest,
  type IssuedSsh,
  keyIdOf,
  principalAt,
  type UserRequest,
  type UserTerms,
} from './ssh-words.ts';

/** A host's clock may be behind by so much. */
const BEFORE = MINUTE;

export interface SshIssuing {
  issueUser(tx: Tx, request: UserRequest, by: By): Promise<IssuedSsh>;
  issueHost(tx: Tx, request: HostRequest, by: By): Promise<IssuedSsh>;
}

export function createSshIssuing(deps: {
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Pick<CaKeys, 'signer'>;
}): SshIssuing {
  const { record, clock, random, keys } = deps;

  /** 52 bits of chance: no two are alike, nobody counts them, and every language holds them. */
  function newSerial(): number {
    const bytes = random.bytes(7);
    const number = bytes.reduce((sum, each, at) => sum * 256 + (at === 0 ? each & 0x0f : each), 0);
    return number === 0 ? 1 : number;
  }

  function sign(
    kind: CertificateKind,
    key: SshPublicKey,
    given: {
      readonly id: string;
      readonly principals: readonly string[];
      readonly lifetime: number;
      readonly criticalOptions: readonly CertificateOption[];
      readonly extensions: readonly CertificateOption[];
    },
  ): IssuedSsh & { readonly version: number } {
    const now = clock.now();
    const ca = keys.signer(kind);
    const serial = newSerial();
    const keyId = keyIdOf(kind, given.id);
    const [from, until] = [now - BEFORE, now + Math.min(given.lifetime, LONGEST[kind])];
    const seconds = (time: number) => BigInt(Math.floor(time / SECOND));
    const blob = writeCertificate(
      {
        key,
        nonce: random.bytes(32),
        serial: BigInt(serial),
        kind,
        keyId,
        principals: given.principals,
        validAfter: seconds(from),
        validBefore: seconds(until),
        criticalOptions: given.criticalOptions,
        extensions: given.extensions,
      },
      ca,
    );
    return {
      serial,
      kind,
      keyId,
      principals: given.principals,
      line: keyLine({ type: certificateType(key.type), blob }, keyId),
      fingerprint: fingerprint(key.blob),
      validAfter: Number(seconds(from)) * SECOND,
      expiresAt: Number(seconds(until)) * SECOND,
      version: ca.version,
    };
  }

  async function keepIssued(
    tx: Tx,
    issued: ReturnType<typeof sign>,
    rest: Pick<SshCertificateRow, 'subject_id' | 'subject_epoch' | 'session_id' | 'host'> & {
      readonly principals: readonly string[];
      readonly options: object;
    },
  ): Promise<void> {
    await tx.run(insertCertificate, {
      ...rest,
      serial: issued.serial,
      kind: issued.kind,
      ca_version: issued.version,
      principals: JSON.stringify(rest.principals),
      options: JSON.stringify(rest.options),
      fingerprint: issued.fingerprint,
      issued_at: clock.now(),
      expires_at: issued.expiresAt,
    });
  }

  return {
    async issueUser(tx, { person, session, host, key, terms, said }, by) {
      const issued = sign('user', key, {
        id: person.id,
        principals: [principalAt(terms.account, host)],
        lifetime: terms.lifetime,
        criticalOptions: criticalOptions(terms),
        extensions: terms.allow.map((word) => ({ name: allowances[word], value: '' })),
      });
      const { command, allow } = terms;
      await keepIssued(tx, issued, {
        subject_id: person.id,
        subject_epoch: person.epoch,
        session_id: session,
        host,
        principals: [said.account],
        options: { command, sources: said.sources, allow },
      });
      await record.append(tx, {
        type: 'ssh.certificate-issued',
        outcome: 'granted',
        ...by,
        subject: person.id,
        data: {
          kind: 'user',
          serial: String(issued.serial),
          host,
          names: [said.account],
          fingerprint: issued.fingerprint,
          authority: issued.version,
          expiresAt: issued.expiresAt,
          ...(command === undefined ? {} : { command }),
          sources: [...said.sources],
          allow: [...allow],
        },
      });
      return issued;
    },

    async issueHost(tx, { device, key, names, lifetime, replaces }, by) {
      const principals = [...new Set([device.name, ...names])];
      const issued = sign('host', key, {
        id: device.id,
        principals,
        lifetime,
        criticalOptions: [],
        extensions: [],
      });
      await keepIssued(tx, issued, {
        subject_id: device.id,
        subject_epoch: device.epoch,
        session_id: null,
        host: device.name,
        principals,
        options: {},
      });
      await record.append(tx, {
        type: 'ssh.certificate-issued',
        outcome: 'granted',
        ...by,
        subject: device.id,
        data: {
          kind: 'host',
          serial: String(issued.serial),
          host: device.name,
          names: principals,
          fingerprint: issued.fingerprint,
          authority: issued.version,
          expiresAt: issued.expiresAt,
          sources: [],
          allow: [],
          ...(replaces === undefined ? {} : { replaces: String(replaces) }),
        },
      });
      return issued;
    },
  };
}

function criticalOptions({ command, sources }: UserTerms): CertificateOption[] {
  return [
    ...(command === undefined ? [] : [{ name: 'force-command', value: command }]),
    ...(sources.length === 0 ? [] : [{ name: 'source-address', value: sources.join(',') }]),
  ];
}
