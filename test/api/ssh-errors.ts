/** What can be wrong with asking for an SSH certificate. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { keyLine, publicKeyOf } from '../../server/wire/ssh/public-key.ts';
import type { Stage } from './error-stage.ts';
import { signIn } from './people.ts';

const saying = (id: string, command: string) =>
  `@id("${id}") @because("Says ${command}.") @ssh("accounts=root command=${command}")
   permit (principal, action == Action::"logIn", resource == Network::"odd1");`;

/** Lets in at any host, and says nothing of what a certificate for it is good for. */
const PLAIN =
  '@id("plain") @because("Lets everyone in.") permit (principal is Person, action == Action::"logIn", resource);';

export function sshErrors(stage: Stage): void {
  stage.meets(
    ['ssh-key-not-valid', 'ssh-account-refused', 'ssh-terms-conflict'],
    'a certificate for a host that can’t be given',
    async () => {
      const { api } = stage;
      const key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
      assert.ok(key);
      const token = await signIn(api, stage.boss);
      const odd = {
        'odd.cedar': PLAIN + saying('one', '/bin/true') + saying('other', '/bin/false'),
      };
      await api.done('activatePolicies', {
        token,
        body: { files: { ...shippedPolicies(), ...odd } },
      });
      for (const name of ['plain1', 'odd1']) {
        const device = {
          name,
          kind: 'server' as const,
          owner: stage.boss.id as never,
          groups: [],
          zone: '',
          serial: undefined,
          mac: undefined,
          addresses: [],
          purpose: 'Errs.',
        };
        const added = await api.house.store.write((tx) =>
          api.house.devices.add(tx, device, { door: 'cli' }),
        );
        assert.ok(added.ok, JSON.stringify(added));
      }
      const ask = (host: string, change: object = {}) => ({
        token,
        body: { host, publicKey: keyLine(key), ...change },
      });
      const none = await api.problem('ssh-account-refused', 'logInBySsh', ask('plain1'));
      assert.deepEqual(none.body.accounts, []);
      const other = ask('odd1', { account: 'games' });
      const named = await api.problem('ssh-account-refused', 'logInBySsh', other);
      assert.deepEqual(named.body.accounts, ['root']);
      await api.problem('ssh-terms-conflict', 'logInBySsh', ask('odd1'));
      const host = { device: 'odd1', publicKey: 'ssh-ed25519 AAAA' };
      const { body } = await api.problem('ssh-key-not-valid', 'issueSshHostCertificate', {
        token,
        body: host,
      });
      assert.match(body.says, /no public key/);
      await api.done('activatePolicies', { token, body: { files: shippedPolicies() } });
    },
  );
}
