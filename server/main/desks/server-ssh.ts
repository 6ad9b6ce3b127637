/** SSH certificates at a server elsewhere, by its API. */
import { failed, ok } from '../../kernel/result.ts';
import type { Connection } from '../remote/connection.ts';
import { reach } from '../remote/token-requests.ts';
import type { SshDesk } from './ssh-desk.ts';

export function serverSsh({ call, origin }: Connection): SshDesk {
  return {
    origin,
    list: () => call('listSshCertificates'),
    issueHost: ({ names, ...terms }) =>
      call('issueSshHostCertificate', { body: { ...terms, names: [...names] } }),
    revoke: (serial) => call('revokeSshCertificate', { params: { serial } }),
    revokeKey: (publicKey) => call('revokeSshKey', { body: { publicKey } }),
    keys: () => call('listSshKeys'),
    async krl() {
      const response = await reach(`${origin}/ssh/krl`).catch(() => undefined);
      const list = response?.ok ? await response.arrayBuffer().catch(() => undefined) : undefined;
      if (list === undefined) return failed({ code: 'unavailable', members: {} });
      return ok(new Uint8Array(list));
    },
    rotate: (kind, at) => call('rotateSshKeys', { body: { kind, at } }),
  };
}
