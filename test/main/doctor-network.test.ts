/** What doctor finds at the doors for networks and in the authorities: each thing is so, found, and told with a way to mend it. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { hex } from '../../server/kernel/bytes.ts';
import { DAY } from '../../server/kernel/clock.ts';
import { lookAtCards } from '../../server/main/doctor/cards-look.ts';
import { lookAtEnrolment } from '../../server/main/doctor/enrolment-look.ts';
import type { Look } from '../../server/main/doctor/look.ts';
import { lookAtNetwork } from '../../server/main/doctor/network-look.ts';
import { lookAtPorts } from '../../server/main/doctor/ports-look.ts';
import { lookAtSpiffe } from '../../server/main/doctor/spiffe-look.ts';
import { lookAtSsh } from '../../server/main/doctor/ssh-look.ts';
import { lookAtTls } from '../../server/main/doctor/tls-look.ts';
import type { House } from '../../server/main/house.ts';
import { openHouse } from '../../server/main/open-house.ts';
import { keyLine, publicKeyOf } from '../../server/wire/ssh/public-key.ts';
import { makeCertificate } from '../support/certificates.ts';
import { look, states } from '../support/doctor.ts';
import { isPostgres, openEmptyStore, type TestStore } from '../support/store.ts';

const BY = { door: 'cli' } as const;

describe('doctor, looking at the doors for networks', () => {
  let test: TestStore;
  let environment: Record<string, string>;
  beforeEach(async () => {
    test = await openEmptyStore();
    await test.store.close();
    environment = {
      THE_DATABASE: test.database,
      THE_KEY: hex(new Uint8Array(32).map((_, at) => (at * 53 + 11) % 256)),
    };
  });
  afterEach(() => test.close());

  const base = () =>
    `data: .\ndatabase: ${isPostgres() ? '{ env: THE_DATABASE }' : 'sqlite'}\nvault: { rootKey: { env: THE_KEY } }\n`;
  const ask = (one: Look, yaml = '', now = Date.now()) =>
    look(one, test.folder, base() + yaml, environment, now);
  const told = async (one: Look, yaml = '', now = Date.now()) =>
    (await ask(one, yaml, now)).map(({ state, what }) => `${state} ${what}`).join('\n');

  async function within(work: (house: House) => Promise<unknown>): Promise<void> {
    writeFileSync(join(test.folder, 'sallyport.yaml'), base());
    const loaded = loadConfig({ environment, folder: test.folder });
    assert.ok(loaded.ok);
    const { config } = loaded.value;
    const opened = await openHouse({ config, environment, notice: () => {} });
    assert.ok(opened.ok, JSON.stringify(opened));
    try {
      await work(opened.value.house);
    } finally {
      await opened.value.house.sequencer.stop();
      await opened.value.close();
    }
  }

  async function device({ store, devices }: House, name: string) {
    const rest = { groups: [], zone: '', serial: undefined, mac: undefined, addresses: [] };
    const terms = { name, kind: 'switch' as const, owner: undefined, purpose: '', ...rest };
    const added = await store.write((tx) => devices.add(tx, terms, BY));
    assert.ok(added.ok, JSON.stringify(added));
    return added.value;
  }

  it('says what is off, and makes nothing where there is nothing', async () => {
    for (const one of [lookAtEnrolment, lookAtCards, lookAtNetwork, lookAtSsh, lookAtSpiffe]) {
      assert.deepEqual(states(await ask(one)), ['ok'], one.name);
    }
  });

  it('finds two doors that want the same port, and none that do not', async () => {
    const yaml = 'radius: { enabled: true }\ntacacs: { enabled: true }\npki: { enabled: true }\n';
    assert.match(await told(lookAtPorts, yaml), /^ok .*radius\.port 1812 \(UDP\)/);
    const same = 'radius: { enabled: true, tlsPort: 300 }\ntacacs: { enabled: true }\n';
    assert.match(
      await told(lookAtPorts, same),
      /^bad Both radius\.tlsPort and tacacs\.tlsPort are TCP port 300\.$/,
    );
    const udp = 'radius: { enabled: true, port: 8080, accountingPort: 8080 }\n';
    assert.match(await told(lookAtPorts, udp), /^bad Both radius\.port and radius\.accountingPort/);
    const elsewhere = 'cards: { enabled: true, host: 192.0.2.1, port: 8080 }\n';
    assert.match(await told(lookAtPorts, elsewhere), /^ok /);
    const free = 'listen: { port: 0 }\npki: { enabled: true, port: 0 }\n';
    assert.match(await told(lookAtPorts, free), /^ok /);
  });

  it('finds keys for SSH that are old, and hosts whose certificates run out or are over', async () => {
    await within(async (house) => {
      await house.ssh.keys.ready();
      for (const [name, days] of [
        ['late1', 30],
        ['good1', 90],
        ['gone1', 24],
        ['away1', 24],
      ] as const) {
        const { id } = await device(house, name);
        const key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
        assert.ok(key);
        const terms = { device: name, publicKey: keyLine(key), names: [], lifetime: days * DAY };
        const made = await house.store.write((tx) => house.sshActs.issueHost(tx, terms, BY));
        assert.ok(made.ok);
        if (name === 'away1') await house.store.write((tx) => house.devices.disable(tx, id, BY));
      }
    });
    assert.match(await told(lookAtSsh), /^ok .*3 hosts have certificates/);
    const later = await told(lookAtSsh, '', Date.now() + 26 * DAY);
    assert.match(later, /^bad The SSH certificate is over of gone1:/);
    assert.match(later, /warn The SSH certificate runs out soon, and was not renewed, of late1\./);
    assert.doesNotMatch(later, /good1|away1/);
    const years = await told(lookAtSsh, '', Date.now() + 800 * DAY);
    assert.match(
      years,
      /^warn The key that signs SSH certificates of (?:hosts|people) is 2 years old/,
    );
  });

  it('finds a socket for SPIFFE where others could put theirs, and a file in its place', async () => {
    const folder = join(test.folder, 'run');
    mkdirSync(folder, { mode: 0o755 });
    const yaml = `listen: { origin: https://a.example.com }\nspiffe: { enabled: true, socket: ${folder}/w.sock }\n`;
    assert.match(await told(lookAtSpiffe, yaml), /^ok Programs find it at/);
    chmodSync(folder, 0o777);
    assert.match(await told(lookAtSpiffe, yaml), /^bad Others may write into/);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'w.sock'), '');
    assert.match(await told(lookAtSpiffe, yaml), /^bad .*w\.sock is there and is no socket/);
    assert.match(await told(lookAtSpiffe, 'spiffe: { enabled: true }\n'), /warn .*trust domain/);
  });

  it('finds a port for cards at which nobody’s card is trusted, and CAs whose lists nobody wants', async () => {
    const yaml = 'cards: { enabled: true }\n';
    await within(async () => {});
    assert.match(await told(lookAtCards, yaml), /^warn No card is trusted/);
    const ca = makeCertificate({ subject: { CN: 'Card CA' }, authority: true });
    await within(async ({ store, authority }) => {
      const trust = { name: 'Cards', certificates: [ca.der], wantsList: false };
      const added = await store.write((tx) =>
        authority.trusted.add(tx, { ...trust, trustedFor: ['person'] }, BY),
      );
      assert.ok(added.ok, JSON.stringify(added));
    });
    assert.match(
      await told(lookAtCards, yaml),
      /^warn Cards that were revoked are let in .* Cards:/,
    );
    const tls = `${yaml}  tls: { certificate: nowhere.pem, key: nowhere.key }\n`.replace(
      '{ enabled: true }\n',
      '\n  enabled: true\n',
    );
    assert.match(await told(lookAtCards, tls), /^bad .*nowhere\.pem can’t be read/);
  });

  it('finds EST and ACME without HTTPS and without an authority, and lists that no certificate names', async () => {
    await within(async () => {});
    const plain = await told(lookAtEnrolment, 'est: { enabled: true }\nacme: { enabled: true }\n');
    assert.match(plain, /^warn Only this machine itself gets certificates by EST and ACME/);
    assert.match(plain, /warn There is no authority yet/);
    const https = 'listen: { origin: https://a.example.com }\nest: { enabled: true }\n';
    await within(({ authority }) => authority.chain());
    assert.match(await told(lookAtEnrolment, https), /^ok Devices get certificates by EST\.$/);
    assert.match(
      await told(lookAtEnrolment, 'pki: { enabled: true }\n'),
      /^warn Lists are served by plain HTTP, and no certificate says so/,
    );
  });

  it('finds secrets for nobody, nobody with a secret, and network devices that are silent', async () => {
    await within(async () => {});
    const radius = 'radius: { enabled: true, tls: false }\n';
    assert.match(await told(lookAtNetwork, radius), /^warn RADIUS listens, and no device/);
    assert.match(
      await told(lookAtNetwork, 'tacacs: { enabled: true }\n'),
      /^warn TACACS\+ listens without TLS, and no device has a secret/,
    );
    await within(async (house) => {
      const { id } = await device(house, 'sw1');
      const terms = { kind: 'radius', secret: undefined } as const;
      const added = await house.store.write((tx) => house.deviceActs.addProof(tx, id, terms, BY));
      assert.ok(added.ok, JSON.stringify(added));
    });
    assert.match(
      await told(lookAtNetwork, radius),
      /^ok One holds a secret\. Not heard yet, and new within a month: sw1\.$/,
    );
    const later = await told(lookAtNetwork, radius, Date.now() + 31 * DAY);
    assert.match(later, /^warn For a month or more nothing was heard of sw1\./);
    const off = await told(lookAtNetwork, 'tacacs: { enabled: true }\n');
    assert.match(off, /warn A secret for RADIUS is held by sw1, and nobody listens/);
    assert.match(await told(lookAtNetwork, ''), /^warn A secret for RADIUS is held by sw1/);
  });

  it('finds a certificate of our own for HTTPS that was not renewed, and one that is over', async () => {
    const yaml = 'listen: { host: localhost, tls: { own: true } }\n';
    await within(({ authority }) => authority.serverCredentials('server'));
    assert.match(
      await told(lookAtTls, yaml),
      /^ok By a certificate of the own authority, good until/,
    );
    const served: { renewAt: number; notAfter: number }[] = [];
    await within(async ({ authority }) => {
      served.push(await authority.serverCredentials('server'));
    });
    const [{ renewAt, notAfter } = { renewAt: 0, notAfter: 0 }] = served;
    const missed = await told(lookAtTls, yaml, renewAt + 2 * DAY);
    assert.match(missed, /^warn The own certificate ends on .* was to be renewed before now/);
    assert.match(await told(lookAtTls, yaml, notAfter + 1), /^bad The own certificate ended on/);
  });
});
