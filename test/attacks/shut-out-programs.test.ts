/**
 * What a program was given goes on being shown after it was shut out (T1078, T1550.001; SPIFFE’s answer is short lives alone): a
 * certificate or a token of a process that was disabled, was renamed, or whose workload was removed. In each: it is taken before,
 * and refused at once after, at every door and by lists and OCSP; the record says so; and whoever is let in again gets another.
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { request } from 'node:https';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Caller } from '../../server/gate/use-cases/workloads/caller.ts';
import type { X509Svid } from '../../server/gate/use-cases/workloads/identities.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { readRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { API, ASSERTION, FORM, type OAuthHouse, openOAuthHouse } from '../oauth/oauth-house.ts';
import { makeCertificate } from '../support/certificates.ts';
import { eventsOf } from '../support/events.ts';
import { addProcess, addProof, ISSUER } from '../support/processes.ts';

const CLI = { door: 'cli' } as const;
const CALL = { door: 'spiffe', request: '01900000-0000-7000-8000-000000000001' };
const UID = 1003;
const caller: Caller = {
  uid: UID,
  pid: 42,
  instance: 'one',
  unit: undefined,
  path: undefined,
  sha256: async () => undefined,
};

describe('a program that was shut out', () => {
  let house: OAuthHouse;
  let billing: Awaited<ReturnType<typeof addProcess>>;
  let name: string;
  let many = 0;
  const served = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
  before(async () => {
    const key = String(served.key.export({ format: 'pem', type: 'pkcs8' }));
    house = await openOAuthHouse({
      tls: { certificate: served.pem, key, clientCertificates: true },
    });
    await house.api();
  });
  after(() => house.close());

  const write: OAuthHouse['house']['store']['write'] = (work) => house.house.store.write(work);
  const register = () =>
    write((tx) => house.house.workloads.add(tx, billing.id, [`uid:${UID}`], CLI));

  /** A process that is known by its certificates, whichever they are: a rule names our issuing CA, and its own name. */
  beforeEach(async () => {
    const { resources, store, authority, workloads } = house.house;
    for (const { id } of await store.read((q) => workloads.list(q))) {
      await write((tx) => workloads.remove(tx, id, CLI));
    }
    const api = await store.read((q) => resources.find(q, 'payments'));
    assert.ok(api);
    many += 1;
    name = `billing-${many}`;
    billing = await addProcess(house, name, [{ resource: api.id, scopes: ['read', 'introspect'] }]);
    const [issuing = new Uint8Array()] = await authority.chain();
    const names = { uri: `spiffe://localhost/process/${name}` };
    await addProof(house, billing, 'certificate', { ca: pemOf(issuing), names });
    await register();
  });

  async function svid(): Promise<X509Svid> {
    const found = await house.house.workloadIdentities.x509(caller, CALL);
    assert.ok(found.ok, JSON.stringify(found));
    const [first] = found.value;
    assert.ok(first);
    return first;
  }
  async function jwt(): Promise<string> {
    const asked = { audience: [ISSUER, API], spiffeId: undefined };
    const found = await house.house.workloadIdentities.jwt(caller, asked, CALL);
    assert.ok(found.ok, JSON.stringify(found));
    return found.value[0]?.svid ?? '';
  }

  /** To an endpoint, with the certificate in the handshake where there is one. */
  const post = (
    path: string,
    form: Readonly<Record<string, string>>,
    by?: X509Svid,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
      const key = by && ({ key: Buffer.from(by.key), format: 'der', type: 'pkcs8' } as const);
      const sent = request(
        {
          port: house.port,
          host: 'localhost',
          path: new URL(`${ISSUER}${path}`).pathname,
          method: 'POST',
          headers: { 'content-type': FORM, host: new URL(ISSUER).host, ...headers },
          rejectUnauthorized: false,
          ...(key && {
            cert: by.chain.map(pemOf).join(''),
            key: createPrivateKey(key).export({ format: 'pem', type: 'pkcs8' }),
          }),
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(String(new URLSearchParams(form)));
    });
  const wanted = { grant_type: 'client_credentials', resource: API, scope: 'read' };
  const enter = async (by: X509Svid) =>
    (await post('/token', { ...wanted, client_id: name }, by)).status;

  const WAYS = {
    'by its workload’s removal': {
      out: async () => {
        const { store, workloads, workloadActs } = house.house;
        const [one] = await store.read((q) => workloads.list(q, { process: billing.id }));
        assert.ok(one);
        assert.ok((await write((tx) => workloadActs.remove(tx, one.id, CLI))).ok);
      },
      back: async () => void (await register()),
    },
    'by being disabled': {
      out: async () => {
        const { processes } = house.house;
        assert.ok((await write((tx) => processes.disable(tx, billing.id, CLI))).ok);
      },
      back: async () => {
        const { processes } = house.house;
        assert.ok((await write((tx) => processes.enable(tx, billing.id, CLI))).ok);
      },
    },
  };

  for (const [how, { out, back }] of Object.entries(WAYS)) {
    it(`${how} gets no certificate that it was just asking for`, async () => {
      const { workloads, workloadIdentities, store, authority } = house.house;
      for (const { id } of await store.read((q) => workloads.list(q, { process: billing.id }))) {
        await write((tx) => workloads.remove(tx, id, CLI));
      }
      // Of one user a refusal is told once a minute.
      house.clock.advance(61_000);
      const hash = '5f'.repeat(32);
      const add = () =>
        write((tx) => workloads.add(tx, billing.id, [`uid:${UID}`, `sha256:${hash}`], CLI));
      await add();
      const ask = async (meanwhile: () => Promise<void>) => {
        const found = await workloadIdentities.x509(
          {
            ...caller,
            // Asked for once it was found out whose the workload is, and before anything is made.
            sha256: async () => {
              await meanwhile();
              return hash;
            },
          },
          CALL,
        );
        return found.ok ? found.value.length : found.error;
      };
      const good = async () => {
        const filter = { subject: billing.id, state: 'good', limit: 10 } as const;
        return (await store.read((q) => authority.list(q, filter))).length;
      };
      assert.deepEqual([await ask(async () => {}), await good()], [1, 1]);
      const seen = await eventsOf(house, async () => {
        assert.deepEqual([await ask(out), await good()], ['unknown', 0]);
      });
      const refused = seen.filter(({ type }) => type === 'workload.refused');
      assert.deepEqual(
        refused.map(({ reason, data }) => [reason, data.what]),
        [['unknown-subject', 'x509-svid']],
      );
      await back();
      await add();
      assert.deepEqual([await ask(async () => {}), await good()], [1, 1]);
    });

    it(`${how} comes in with its certificate no more, and nobody is told that it is good`, async () => {
      const before = await svid();
      assert.equal(await enter(before), 200);
      const seen = await eventsOf(house, async () => {
        await out();
        assert.equal(await enter(before), 401);
      });
      const leaf = readCertificate(before.chain[0] ?? new Uint8Array());
      assert.ok(leaf);
      const revoked = seen.filter(({ type }) => type === 'certificate.revoked');
      assert.deepEqual(
        revoked.map(({ subject, data }) => [subject, data.serial, data.profile]),
        [[billing.id, leaf.serial, 'svid']],
      );
      assert.equal(seen.filter(({ type }) => type === 'entry.granted').length, 0);
      assert.equal(seen.filter(({ outcome }) => outcome === 'refused').length, 1);

      const { authority, store } = house.house;
      const list = readRevocationList((await authority.crl()) ?? new Uint8Array());
      assert.ok(list?.revoked.has(leaf.serial));
      const judged = await store.read((q) => authority.judge(q, before.chain, 'client'));
      assert.ok(!judged.ok && judged.reason === 'revoked');
      assert.equal((await house.house.workloadIdentities.x509(caller, CALL)).ok, false);

      await back();
      assert.equal(await enter(before), 401);
      assert.equal(await enter(await svid()), 200);
    });

    it(`${how} has tokens that are good nowhere here`, async () => {
      const { workloadIdentities } = house.house;
      const before = await jwt();
      assert.ok((await workloadIdentities.validate(API, before)).ok);
      await out();
      assert.deepEqual(await workloadIdentities.validate(API, before), {
        ok: false,
        error: 'ended',
      });
      await back();
      assert.equal((await workloadIdentities.validate(API, before)).ok, false);
      assert.ok((await workloadIdentities.validate(API, await jwt())).ok);
    });
  }

  for (const [what, revoke] of Object.entries({
    'whose certificate was revoked': async (serial: string) => {
      const { certificateActs } = house.house;
      const by = 'key-compromise';
      assert.ok((await write((tx) => certificateActs.revoke(tx, serial, by, CLI))).ok);
    },
    'whose CA was revoked': async () => {
      const { authority, authorityActs } = house.house;
      const issuing = (await authority.published()).find(({ role }) => role === 'issuing');
      const { id = '' } = issuing ?? {};
      const by = 'ca-compromise';
      assert.ok((await write((tx) => authorityActs.revoke(tx, id, by, CLI))).ok);
      const [next = new Uint8Array()] = await authority.chain();
      const names = { uri: `spiffe://localhost/process/${name}` };
      await addProof(house, billing, 'certificate', { ca: pemOf(next), names });
    },
  })) {
    it(`${what} has no token of before that is good, and others by its next certificate`, async () => {
      const tokenBy = async (by: X509Svid) => {
        const given = await post('/token', { ...wanted, client_id: name }, by);
        assert.equal(given.status, 200, JSON.stringify(given.body));
        return String(given.body.access_token);
      };
      const isGood = async (token: string, by: X509Svid) =>
        (await post('/introspect', { token, client_id: name }, by)).body.active;
      const before = await svid();
      const token = await tokenBy(before);
      assert.equal(await isGood(token, before), true);
      const seen = await eventsOf(house, async () => {
        await revoke(readCertificate(before.chain[0] ?? new Uint8Array())?.serial ?? '');
        assert.equal(await enter(before), 401);
        const next = await svid();
        assert.equal(await isGood(token, next), false);
        assert.equal(await isGood(await tokenBy(next), next), true);
      });
      assert.equal(seen.filter(({ type }) => /revoked$/.test(type)).length, 1);
      assert.equal(seen.filter(({ type }) => type === 'entry.refused').length, 1);
    });
  }

  it('by another name does not leave its old one to whoever takes it', async () => {
    const { processes, workloadIdentities } = house.house;
    const [before, token] = [await svid(), await jwt()];
    const to = (id: typeof billing.id, called: string) =>
      write((tx) => processes.change(tx, id, { name: called }, CLI));
    assert.ok((await to(billing.id, `${name}-old`)).ok);
    assert.equal((await workloadIdentities.validate(API, token)).ok, false);
    const successor = await addProcess(house, name);
    assert.equal((await workloadIdentities.validate(API, token)).ok, false);
    const judged = await house.house.store.read((q) =>
      house.house.authority.judge(q, before.chain, 'client'),
    );
    assert.ok(!judged.ok && judged.reason === 'revoked');
    assert.notEqual(successor.id, billing.id);
  });

  it('never came in by a token that says who it is: such a token is no proof, and no access token', async () => {
    const token = await jwt();
    const shown = { client_assertion_type: ASSERTION, client_assertion: token };
    const seen = await eventsOf(house, async () => {
      for (const client of [{ client_id: name }, {}]) {
        assert.equal((await post('/token', { ...wanted, ...shown, ...client })).status, 401);
      }
      const bearer = { authorization: `Bearer ${token}` };
      assert.equal((await post('/introspect', { token }, undefined, bearer)).status, 401);
    });
    assert.equal(seen.filter(({ type }) => type === 'entry.granted').length, 0);
    assert.ok(seen.filter(({ outcome }) => outcome === 'refused').length >= 2);
    // Whoever may ask is told that it is none.
    const told = await post('/introspect', { token, client_id: name }, await svid());
    assert.deepEqual([told.status, told.body], [200, { active: false }]);
  });
});
