/** SSH certificates at a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { SshDesk } from '../ssh-desk.ts';

export function serverSsh({ call, file, origin }: Connection): SshDesk {
  return {
    origin,
    list: () => call('listSshCertificates'),
    issueHost: ({ names, ...terms }) =>
      call('issueSshHostCertificate', { body: { ...terms, names: [...names] } }),
    revoke: (serial) => call('revokeSshCertificate', { params: { serial } }),
    revokeKey: (publicKey) => call('revokeSshKey', { body: { publicKey } }),
    keys: () => call('listSshKeys'),
    krl: () => file('/ssh/krl'),
    rotate: (kind, at) => call('rotateSshKeys', { body: { kind, at } }),
  };
}
