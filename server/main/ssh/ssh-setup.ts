/** What a host and a client need, as text: `ssh setup` and `ssh config` print it, and the tests run OpenSSH with it. */

import { NAMESPACE } from '../../authority/ssh/host-renewal.ts';

export interface HostSetup {
  /** Where Sallyport is: https://auth.example.com */
  readonly origin: string;
  /** The device's name. */
  readonly host: string;
  /** Where the host keeps what it fetches. */
  readonly folder: string;
  /** Whether a certificate of the host's own key is there. */
  readonly hostCertificate?: string | undefined;
  readonly hostKey?: string | undefined;
  /** Whom the command runs as that names principals. */
  readonly commandUser?: string | undefined;
}

export const SSHD_FOLDER = '/etc/ssh/sallyport';
export const HOST_KEY = '/etc/ssh/ssh_host_ed25519_key';

/** For /etc/ssh/sshd_config.d/: read before sshd's own settings, of which the first counts. */
export function sshdLines(setup: HostSetup): string[] {
  const { host, folder, hostKey, hostCertificate, commandUser = 'nobody' } = setup;
  return [
    `TrustedUserCAKeys ${folder}/user-ca.pub`,
    `RevokedKeys ${folder}/krl`,
    // An account here: the certificate says web1's, and another host's is none of ours.
    `AuthorizedPrincipalsCommand /bin/echo %u@${host}`,
    `AuthorizedPrincipalsCommandUser ${commandUser}`,
    ...(hostKey === undefined ? [] : [`HostKey ${hostKey}`]),
    ...(hostCertificate === undefined ? [] : [`HostCertificate ${hostCertificate}`]),
    'AuthorizedKeysFile none',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
  ];
}

/** A file is only replaced by one that came whole: without them sshd refuses everybody, with old ones for a while it does not. */
function fetchLine({ origin, folder }: HostSetup, file: string): string {
  const to = `${folder}/${file}`;
  return `curl -fsS --max-time 20 -o ${to}.new ${origin}/ssh/${file} && mv ${to}.new ${to}`;
}

export function fetchLines(setup: HostSetup): string[] {
  return ['user-ca.pub', 'krl'].map((file) => fetchLine(setup, file));
}

/** Where the script that renews stands, readable and written by root alone. */
export const RENEWAL = '/usr/local/sbin/sallyport-ssh-renew';

/** For /etc/cron.d/sallyport-ssh. */
export function cronLines(setup: HostSetup): string[] {
  const [minute, hour] = momentOf(setup.host);
  return [
    `* * * * * root ${fetchLine(setup, 'krl')}`,
    `17 * * * * root ${fetchLine(setup, 'user-ca.pub')}`,
    `${minute} ${hour} * * * root ${RENEWAL}`,
  ];
}

/** Each host at a time of day of its own, so that not all of them come at once. */
function momentOf(host: string): [minute: number, hour: number] {
  const sum = [...host].reduce((all, each) => (all * 31 + each.charCodeAt(0)) % 1440, 7);
  return [sum % 60, Math.floor(sum / 60)];
}

/**
 * What a host renews its own certificate with: curl and ssh-keygen (OpenSSH 8.1 or later) are all it takes. Run each day; the server
 * answers nothing until two thirds of the certificate's time are over.
 */
export function renewalLines({ origin, host, hostKey, hostCertificate }: HostSetup): string[] {
  return [
    '#!/bin/sh',
    `# Renews the certificate of the SSH key of ${host}. Each day by cron; it does nothing until it is time.`,
    'set -eu',
    'umask 077',
    `at=${origin}`,
    `key=${hostKey ?? HOST_KEY}`,
    `certificate=${hostCertificate ?? `${hostKey ?? HOST_KEY}-cert.pub`}`,
    'work=$(mktemp -d)',
    `trap 'rm -rf "$work"' EXIT`,
    'curl -fsS --max-time 20 -o "$work/asked" "$at/ssh/host-nonce"',
    'cat "$certificate" >>"$work/asked"',
    `ssh-keygen -q -Y sign -f "$key" -n ${NAMESPACE} "$work/asked"`,
    'cat "$work/asked" "$work/asked.sig" >"$work/sent"',
    `curl -fsS --max-time 20 -H 'Content-Type: text/plain' --data-binary "@$work/sent" -o "$work/next" "$at/ssh/host-certificate"`,
    '[ -s "$work/next" ] || exit 0',
    'ssh-keygen -L -f "$work/next" >"$work/shown"',
    'cp "$work/next" "$certificate.new"',
    'chmod 644 "$certificate.new"',
    'mv "$certificate.new" "$certificate"',
    '# sshd reads it when it starts.',
    'systemctl reload ssh 2>/dev/null || systemctl reload sshd 2>/dev/null || kill -HUP "$(cat /run/sshd.pid)"',
  ];
}

export interface ClientSetup {
  readonly origin: string;
  readonly host: string;
  /** Where people reach it, when that is not its name. */
  readonly address?: string | undefined;
  /** Where its sshd listens, when that is not 22. */
  readonly port?: number | undefined;
  /** What runs this command line. */
  readonly command: string;
  /** Where keys and certificates are. */
  readonly folder: string;
}

/**
 * For ~/.ssh/config. `%r` is the account: each has a certificate of its own. It may come with an address that somebody else wrote, and
 * ssh before 9.6 hands it to the shell as it came (CVE-2023-51385): hence its quotation marks, and nothing is run for one that has any.
 */
export function clientLines(setup: ClientSetup): string[] {
  const { origin, host, address, port, command, folder } = setup;
  const key = `${folder}/${host}.%r`;
  return [
    `Match originalhost ${host} user "*,!*'*" exec "${command} ssh login ${host} --as '%r' --keep --at ${origin}"`,
    ...(address === undefined ? [] : [`  HostName ${address}`]),
    ...(port === undefined ? [] : [`  Port ${port}`]),
    `  HostKeyAlias ${host}`,
    `  IdentityFile ${quoted(key)}`,
    `  CertificateFile ${quoted(`${key}-cert.pub`)}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${quoted(`${folder}/known_hosts`)}`,
    // Without the file ssh goes to no host at all. `ssh login` fetches it with each certificate.
    `  RevokedHostKeys ${quoted(revokedFile(folder, host))}`,
    '  StrictHostKeyChecking yes',
  ];
}

/** What ssh, or the shell that it asks, reads as something else than part of a path, in one version or another. */
export const isPlainPath = (path: string): boolean => !/["'`$%\\\p{Cc}]/u.test(path);

/** A path as a value in ~/.ssh/config. */
const quoted = (path: string) => (/\s/.test(path) ? `"${path}"` : path);

/** What is revoked, of hosts and of those who sign for them: by host, as they may be of different Sallyports. */
export const revokedFile = (folder: string, host: string) => `${folder}/revoked/${host}`;

/** A line of known_hosts: this authority's word is enough for this host, and for no other. */
export function knownHostLine(host: string, publicKey: string): string {
  const [type = '', key = ''] = publicKey.split(' ');
  return `@cert-authority ${host} ${type} ${key}`;
}
