/** SSH certificates and keys as they are told to clients. The command line on the machine itself tells the same. */
import type { CaKey } from '../../authority/ssh/ca-keys.ts';
import { type IssuedSsh, type KeyProblem, keyProblems } from '../../authority/ssh/ssh-words.ts';
import type { HostError, NamedSsh } from '../../gate/use-cases/ssh/ssh-administration.ts';
import type { SshGranted, SshLogInError } from '../../gate/use-cases/ssh/ssh-log-in.ts';
import { keyLine } from '../../wire/ssh/public-key.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

const maybe = (at: number | undefined) => (at === undefined ? null : time(at));

export function issuedSsh(issued: IssuedSsh) {
  return {
    serial: String(issued.serial),
    keyId: issued.keyId,
    principals: [...issued.principals],
    certificate: issued.line,
    fingerprint: issued.fingerprint,
    validAfter: time(issued.validAfter),
    expiresAt: time(issued.expiresAt),
  };
}

export function grantedSsh({ issued, host, terms, hostAuthorities }: SshGranted) {
  return {
    ...issuedSsh(issued),
    host,
    account: terms.account,
    command: terms.command ?? null,
    sources: [...terms.sources],
    allow: [...terms.allow],
    hostAuthorities: [...hostAuthorities],
  };
}

export function listedSsh(all: readonly NamedSsh[]) {
  return {
    items: all.map(({ serial, subjectName, issuedAt, expiresAt, revokedAt, ...rest }) => ({
      ...rest,
      subjectName: subjectName ?? null,
      serial: String(serial),
      issuedAt: time(issuedAt),
      expiresAt: time(expiresAt),
      revokedAt: maybe(revokedAt),
    })),
  };
}

export function sshKeys(keys: readonly CaKey[]) {
  return keys.map(({ publicKey, isVoid, ...key }) => ({
    kind: key.kind,
    version: key.version,
    state: key.state,
    publicKey: keyLine(publicKey, `sallyport-ssh-${key.kind}-ca-${key.version}`),
    fingerprint: key.fingerprint,
    createdAt: time(key.createdAt),
    signsFrom: time(key.signsFrom),
    signsUntil: maybe(key.signsUntil),
    goneAt: maybe(key.goneAt),
    void: isVoid,
  }));
}

export function sshProblem(error: HostError | SshLogInError): Told {
  switch (error.code) {
    case 'not-found':
      return new Told('not-found');
    case 'key-refused':
      return new Told('ssh-key-not-valid', { says: says(error.why) });
    case 'account-refused':
      return new Told('ssh-account-refused', { accounts: error.accounts });
    case 'terms-conflict':
      return new Told('ssh-terms-conflict');
  }
}

const says = (why: KeyProblem) => keyProblems[why];
