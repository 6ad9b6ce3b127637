/** SSH certificates: for people who log in at hosts, for hosts, and the keys that sign them. */
import type { sshOperations } from '@sallyport/contract/api/ssh.ts';
import { DAY } from '../../kernel/clock.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Handlers } from './handler.ts';
import { grantedSsh, issuedSsh, listedSsh, sshKeys, sshProblem } from './ssh-views.ts';
import { answered, never } from './told.ts';

const nothing = () => undefined;

export function sshHandlers({
  sshLogIn,
  sshAdministration: ssh,
}: Pick<ApiDeps, 'sshLogIn' | 'sshAdministration'>): Handlers<keyof typeof sshOperations> {
  return {
    async logInBySsh({ body }, { token, arrival }) {
      const asked = { host: body.host, account: body.account, publicKey: body.publicKey };
      return answered(await sshLogIn.logIn(token, asked, arrival), grantedSsh, sshProblem);
    },

    async listSshCertificates(_, { token, arrival }) {
      return answered(await ssh.list(token, arrival), listedSsh, never);
    },

    async revokeSshCertificate({ params }, { token, arrival }) {
      return answered(await ssh.revoke(token, Number(params.serial), arrival), nothing, sshProblem);
    },

    async revokeSshKey({ body }, { token, arrival }) {
      return answered(await ssh.revokeKey(token, body.publicKey, arrival), nothing, sshProblem);
    },

    async issueSshHostCertificate({ body: { days, ...terms } }, { token, arrival }) {
      const wanted = { ...terms, lifetime: days * DAY };
      return answered(await ssh.issueHost(token, wanted, arrival), issuedSsh, sshProblem);
    },

    async listSshKeys(_, { token, arrival }) {
      return answered(await ssh.keys(token, arrival), (keys) => ({ keys: sshKeys(keys) }), never);
    },

    async rotateSshKeys({ body: { kind, at } }, { token, arrival }) {
      return answered(
        await ssh.rotate(token, kind, at, arrival),
        ({ rotated, keys }) => ({ rotated, keys: sshKeys(keys) }),
        never,
      );
    },
  };
}
