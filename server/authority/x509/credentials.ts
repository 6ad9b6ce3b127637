/**
 * What TLS of ours is served with: a key made here, a certificate of this authority, both in the database, so that all nodes serve
 * the same. Made when first asked for, and made anew, with a new key, at two thirds of its life or when its names changed.
 */
import { createPublicKey } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Queries, Store } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import { pemOf, writePem } from '../../wire/der/pem.ts';
import type { AskedNames, Authority, ServerCredentials } from './authority-words.ts';
import { caState } from './ca-table.ts';
import { twoThirds } from './cas.ts';
import {
  type CredentialRow,
  certificateState,
  credentialOf,
  putCredential,
} from './certificate-table.ts';
import { makeKey } from './key-material.ts';

export interface CredentialsDeps {
  readonly store: Store;
  readonly vault: Pick<Vault, 'system'>;
  readonly clock: Clock;
  readonly issue: Authority['issue'];
  /** Names and addresses of this house. */
  readonly hosts: () => readonly string[];
}

type ServerProfile = 'server' | 'radius-server';

const place = (serial: string) => ({ table: 'x509_credential', column: 'secret', row: serial });

export function createCredentials({ store, vault, clock, issue, hosts }: CredentialsDeps) {
  const read = new Map<string, ServerCredentials>();

  function view(row: CredentialRow): ServerCredentials {
    const known = read.get(row.profile);
    if (known?.serial === row.serial) return known;
    const pkcs8 = vault.system('signing').open(place(row.serial), row.secret);
    const credentials: ServerCredentials = {
      cert: pemOf(row.certificate) + pemOf(row.ca_certificate),
      key: writePem('PRIVATE KEY', pkcs8),
      notAfter: row.not_after,
      renewAt: twoThirds(row.not_before, row.not_after),
      serial: row.serial,
    };
    read.set(row.profile, credentials);
    return credentials;
  }

  async function isGood(q: Queries, row: CredentialRow, names: string): Promise<boolean> {
    if (row.names !== names || clock.now() >= twoThirds(row.not_before, row.not_after)) {
      return false;
    }
    const state = await q.one(certificateState, { serial: row.serial });
    const ca = state && (await q.one(caState, { id: state.ca_id }));
    return state?.revoked_at === null && ca?.revoked_at === null;
  }

  return async function serverCredentials(profile: ServerProfile): Promise<ServerCredentials> {
    const names = namesOf(hosts());
    const wanted = JSON.stringify(names);
    const there = await store.read(async (q) => {
      const row = await q.one(credentialOf, { profile });
      return row && (await isGood(q, row, wanted)) ? row : undefined;
    });
    if (there) return view(there);
    return store.write(async (tx) => {
      const row = await tx.one(credentialOf, { profile });
      if (row && (await isGood(tx, row, wanted))) return view(row);
      const key = makeKey('ecdsa');
      const name = names.dns?.[0] ?? names.ip?.[0] ?? 'localhost';
      const publicKey = createPublicKey(key.privateKey);
      const subject = { kind: 'server', id: name, name } as const;
      const issued = await issue(tx, { profile, publicKey, subject, names }, {});
      if (!issued.ok) {
        // Better the old one for as long as it is good than none.
        if (row && row.not_after > clock.now() && row.names === wanted) return view(row);
        throw new Fault('authority', `no certificate for ${name}: ${issued.error.code}`);
      }
      const { serial, certificate, chain, notBefore, notAfter } = issued.value;
      await tx.run(putCredential, {
        profile,
        serial,
        certificate,
        ca: chain[0] ?? certificate,
        secret: vault.system('signing').seal(place(serial), key.pkcs8),
        names: wanted,
        notBefore,
        notAfter,
      });
      const made = await tx.one(credentialOf, { profile });
      if (made === undefined) throw new Fault('authority', 'a credential was not kept');
      return view(made);
    });
  };
}

/** What is served now, without making anything; undefined before the first start. */
export async function servedNow(
  q: Queries,
  profile: ServerProfile,
): Promise<Pick<ServerCredentials, 'notAfter' | 'renewAt'> | undefined> {
  const row = await q.one(credentialOf, { profile });
  if (row === undefined) return undefined;
  return { notAfter: row.not_after, renewAt: twoThirds(row.not_before, row.not_after) };
}

function namesOf(hosts: readonly string[]): AskedNames {
  const all = [...new Set(hosts)];
  const dns = all.filter((host) => isIP(host) === 0);
  const ip = all.filter((host) => isIP(host) !== 0);
  return dns.includes('localhost')
    ? { dns, ip: [...new Set([...ip, '127.0.0.1', '::1'])] }
    : { dns, ip };
}
