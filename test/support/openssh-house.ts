/** A house with hosts on which OpenSSH's own sshd trusts it, and an administrator who comes to them with certificates of it. */
import assert from 'node:assert/strict';
import { HOUR } from '../../server/kernel/clock.ts';
import { knownHostLine } from '../../server/main/ssh/ssh-setup.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import type { TestEvent } from './events.ts';
import { type SshHost, sshClient, sshHost } from './openssh.ts';
import { openServedHouse } from './served-house.ts';
import { passkeyPerson, passkeySignIn } from './served-people.ts';

const POLICIES = `
@id("ops-at-web") @because("Operations look after web servers.")
@ssh("accounts=root,games minutes=5 allow=pty,port-forwarding")
permit (principal in Role::"administrator", action == Action::"logIn", resource in Group::"web");

@id("backup-at-vault") @because("What may be run at the vault is a backup.")
@ssh("accounts=root command=/bin/echo forced and nothing else")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"vault1");

@id("far") @because("Far servers are reached from the jump network.")
@ssh("accounts=root source=192.0.2.0/24")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"far1");

@id("near") @because("Near servers are reached from where one signed in.")
@ssh("accounts=root source=here,192.0.2.0/24")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"near1");

@id("two-say") @because("Two that contradict one another: one.")
@ssh("accounts=root command=/bin/true")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"odd1");
@id("two-say-other") @because("Two that contradict one another: two.")
@ssh("accounts=root command=/bin/false")
permit (principal in Role::"administrator", action == Action::"logIn", resource == Network::"odd1");
`;

const HOSTS = {
  web1: ['web'],
  web2: ['web'],
  vault1: [],
  far1: [],
  near1: [],
  odd1: [],
  bare1: [],
};

export type OpensshHouse = Awaited<ReturnType<typeof openOpensshHouse>>;

/** All hosts are known to the house; sshd runs on those that are named. The house has stood for a while. */
export async function openOpensshHouse(
  running: readonly (keyof typeof HOSTS)[],
  stood: number = 2 * HOUR,
) {
  const policies = { ...shippedPolicies(), 'test.cedar': POLICIES };
  const house = await openServedHouse({ parts: { shippedPolicies: policies } });
  const mine = sshClient();
  const hosts = new Map<string, SshHost>();
  async function close(): Promise<void> {
    for (const host of hosts.values()) await host.close();
    mine.close();
    await house.close();
  }
  try {
    // The keys that sign are older than anything here: one test goes back to before now.
    house.clock.advance(Date.now() - stood - house.clock.now());
    await house.house.ssh.keys.ready();
    const root = await passkeyPerson(house, 'root', ['administrator']);
    for (const [name, groups] of Object.entries(HOSTS)) {
      const device = {
        name,
        kind: 'server' as const,
        owner: root.id,
        groups,
        zone: '',
        serial: undefined,
        mac: undefined,
        addresses: [],
        purpose: 'tests',
      };
      const added = await house.house.store.write((tx) =>
        house.house.devices.add(tx, device, { door: 'cli' }),
      );
      assert.ok(added.ok, JSON.stringify(added));
    }

    let later = 0;
    const x = {
      house,
      root,
      mine,
      /** Of root's session: the one that was begun last. */
      token: '',
      close,

      async signedIn(person = root): Promise<string> {
        house.clock.advance(Date.now() - house.clock.now());
        const { session } = await passkeySignIn(house, person);
        if (person === root) x.token = session.token;
        return session.token;
      },

      /** The list that was made a moment ago is made again. */
      remade() {
        later += 3000;
        house.clock.advance(later);
      },

      /** What cron does, once the list is made again. */
      async fetchAt(name: string): Promise<void> {
        x.remade();
        await x.at(name).fetch();
      },

      at(name: string): SshHost {
        const host = hosts.get(name);
        assert.ok(host, name);
        return host;
      },

      async hostCertificate(device: string, names: readonly string[] = []): Promise<string> {
        const body = { device, names, publicKey: x.at(device).publicKey };
        const answer = await house.api('issueSshHostCertificate', { token: x.token, body });
        assert.equal(answer.status, 201, answer.text);
        return answer.json.certificate;
      },

      ask(host: string, account?: string, more: { publicKey?: string; as?: string } = {}) {
        const body = {
          host,
          publicKey: more.publicKey ?? mine.publicKey,
          ...(account === undefined ? {} : { account }),
        };
        return house.api('logInBySsh', { token: more.as ?? x.token, body });
      },

      async certificate(host: string, account = 'root') {
        const answer = await x.ask(host, account);
        assert.equal(answer.status, 201, answer.text);
        return answer.json as { certificate: string; serial: string; keyId: string };
      },

      async works(host: string, account: string, line: string): Promise<string> {
        const { code, out, err } = await mine.ssh(x.at(host), account, line);
        assert.equal(code, 0, err + x.at(host).log());
        return out.trim();
      },

      /** Gives the log of the host that refused. */
      async refused(host: string, account: string, line: string | undefined): Promise<string> {
        const { code, err } = await mine.ssh(x.at(host), account, line);
        assert.equal(code, 255);
        assert.match(err, /Permission denied/);
        return x.at(host).log();
      },
    };

    await x.signedIn();
    for (const name of running) {
      const host = sshHost(house.origin, name);
      await host.ready;
      hosts.set(name, host);
      await host.fetch();
      await host.start(await x.hostCertificate(name));
    }
    const keys = await house.api('listSshKeys', { token: x.token });
    const lines = keys.json.keys
      .filter(({ kind }: { kind: string }) => kind === 'host')
      .flatMap(({ publicKey }: { publicKey: string }) =>
        Object.keys(HOSTS).map((name) => knownHostLine(name, publicKey)),
      );
    mine.knows(lines);
    return x;
  } catch (fault) {
    await close();
    throw fault;
  }
}

export const sshTypesOf = (all: readonly TestEvent[]) =>
  all.map(({ type }) => type).filter((type) => type.startsWith('ssh.'));
