/**
 * What programs and people came in for by certificates of CAs of others, after their CA revoked them or nobody trusts it any more (T1649,
 * T1550.001; RFC 5280 §6.3): tokens in either form, tokens at sites, what was exchanged for them, sessions. Whoever stole the key has them;
 * so they end with the certificate, and not by their own time. Others of the same CA go on, and whoever comes by another certificate.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApiDetail } from '@sallyport/contract/resources.ts';
import { signerOf } from '../../server/authority/x509/key-material.ts';
import { readShownAlone } from '../../server/authority/x509/standing.ts';
import type { TokenOutcome } from '../../server/gate/use-cases/processes/process-tokens.ts';
import { DAY } from '../../server/kernel/clock.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { writeRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { claimsIn } from '../oauth/oauth-house.ts';
import { openProxyHouse, type ProxyHouse } from '../proxy/proxy-house.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { eventsOf } from '../support/events.ts';
import { addProcess, addProof, processArrival } from '../support/processes.ts';

const BY = { door: 'cli' } as const;
const SITE = 'https://wiki.example.com';
const HEADER = 'x-client-certificate';

describe('a program that came by a certificate of a CA of others', () => {
  let proxied: ProxyHouse;
  const apis = new Map<string, Resource>();
  let made = 0;
  before(async () => {
    proxied = await openProxyHouse({
      proxy: {
        trusted: ['127.0.0.0/8', '::1'],
        certificate: { header: HEADER, from: ['::1', '127.0.0.1'] },
      },
    });
    const { resources, store } = proxied.house;
    for (const tokenFormat of ['jwt', 'opaque'] as const) {
      const audience = `https://${tokenFormat}.example.com/`;
      const scopes = ['read', 'introspect'].map((name) => ({ name, says: `${name}.` }));
      const detail = ApiDetail.parse({ audience, tokenFormat, scopes });
      const everyone = { groups: [], open: 'listed', members: [] } as const;
      const added = await store.write((tx) =>
        resources.add(tx, { name: tokenFormat, ...everyone, kind: 'api', detail }, BY),
      );
      assert.ok(added.ok, JSON.stringify(added));
      apis.set(audience, added.value);
    }
  });
  after(() => proxied.close());

  const arrival = () =>
    processArrival(proxied, { address: '198.51.100.9', network: '198.51.100.9' });
  const offers = ({ der }: Issuer) =>
    [{ kind: 'certificate', data: { der: new Uint8Array(der) } }] as const;

  function issued(outcome: TokenOutcome): string {
    assert.equal(outcome.state, 'issued', JSON.stringify(outcome));
    return (outcome as TokenOutcome & { state: 'issued' }).issued.token; // Asserted on the line before.
  }

  async function trust(name: string, ...cas: readonly Issuer[]) {
    const { store, authority } = proxied.house;
    const certificates = cas.map(({ der }) => der);
    const trusting = { name, trustedFor: ['process'] as const, certificates };
    assert.ok((await store.write((tx) => authority.trusted.add(tx, trusting, BY))).ok);
  }
  const lists = (ca: Issuer, ...revoked: readonly Issuer[]) => {
    proxied.clock.advance(1000);
    const now = proxied.clock.now();
    return writeRevocationList(
      {
        ...{ issuer: ca.name, authorityKeyId: ca.keyId, number: 1n },
        ...{ thisUpdate: now, nextUpdate: now + DAY },
        revoked: revoked.map(({ der }) => ({
          serial: readCertificate(der)?.serial ?? '',
          at: now,
          reason: 1,
        })),
      },
      signerOf(ca.key),
    );
  };
  async function takes(name: string, list: Uint8Array) {
    const { store, authorityActs } = proxied.house;
    const taken = await store.write((tx) => authorityActs.importList(tx, name, list, BY));
    assert.ok(taken.ok, JSON.stringify(taken));
  }
  const distrusts = (name: string) =>
    proxied.house.store.write((tx) => proxied.house.authorityActs.distrust(tx, name, BY));

  /** A root, a CA below it, and two programs that come by certificates of that one. */
  async function plant() {
    const called = `plant-${made++}`;
    const root = makeCertificate({ subject: { CN: `${called} root` }, authority: true });
    const ca = makeCertificate({ subject: { CN: `${called} CA` }, authority: true }, root);
    const program = async (name: string, settings: object = {}) => {
      const entries = [...apis.values()].map(({ id }) => ({
        resource: id,
        scopes: ['read', 'introspect'],
      }));
      const process = await addProcess(proxied, name, [
        ...entries,
        { resource: proxied.site.id, scopes: [] },
      ]);
      const names = { dns: `${name}.example` };
      await addProof(proxied, process, 'certificate', { ca: ca.pem, names, ...settings });
      const wish = { subject: { CN: name }, authority: false, alternative: names };
      const next = () => makeCertificate(wish, ca);
      return { process, certificate: next(), next };
    };
    return { called, root, ca, program };
  }
  type Program = Awaited<ReturnType<Awaited<ReturnType<typeof plant>>['program']>>;

  const ask = ({ process, certificate }: Program, audience: string, by = certificate) =>
    proxied.house.oauth.processTokens.issue(
      { as: process.name, offers: offers(by), audience, scopes: [] },
      arrival(),
    );
  /** All that it can have, and what of it is good. */
  async function comesIn(program: Program, by = program.certificate) {
    const tokens: string[] = [];
    for (const audience of [...apis.keys(), SITE]) {
      tokens.push(issued(await ask(program, audience, by)));
    }
    const [jwt = '', opaque = '', site = ''] = tokens;
    const { tokenStates } = proxied.house.oauth;
    const active = async (token: string) => {
      const own = { by: 'token', token, key: undefined } as const;
      const shown = [{ 'x5t#S256': readFingerprint(by) }];
      const told = await tokenStates.introspect(token, { ...own, shown }, arrival());
      return told.state === 'answered' && told.claims?.active === true;
    };
    const atSite = async () => {
      const headers = { authorization: `Bearer ${site}`, [HEADER]: encodeURIComponent(by.pem) };
      return (await proxied.ask({ headers })).status === 200;
    };
    return {
      good: async () => [await active(jwt), await active(opaque), await atSite()],
      grant: String(claimsIn(jwt).jti),
    };
  }
  const isListed = async (grant: string) => {
    // A list is made again when it is some seconds old.
    proxied.clock.advance(3000);
    const list = claimsIn(await proxied.house.oauth.tokenStates.ended());
    return (list.ended as readonly string[]).includes(grant);
  };
  const ALL = [true, true, true];
  const NONE = [false, false, false];
  const told = (seen: Awaited<ReturnType<typeof eventsOf>>) =>
    seen
      .filter(({ type }) => /^(authority\.|entry\.)/.test(type))
      .map(({ type, reason }) => (reason === undefined ? type : `${type} ${reason}`));

  it('has nothing left of it once a list names that certificate, and another of that CA has', async () => {
    const { called, ca, root, program } = await plant();
    await trust(called, root, ca);
    await takes(called, lists(root));
    await takes(called, lists(ca));
    const [lost, kept] = [await program(`${called}-lost`), await program(`${called}-kept`)];
    const [stolen, other] = [await comesIn(lost), await comesIn(kept)];
    assert.deepEqual([await stolen.good(), await other.good()], [ALL, ALL]);
    const seen = await eventsOf(proxied, async () => {
      await takes(called, lists(ca, lost.certificate));
      assert.deepEqual([await stolen.good(), await other.good()], [NONE, ALL]);
      assert.deepEqual([await isListed(stolen.grant), await isListed(other.grant)], [true, false]);
      assert.equal((await ask(lost, SITE)).state, 'refused');
    });
    assert.ok(told(seen).includes('authority.list-imported'));
    assert.ok(told(seen).includes('entry.refused revoked'));
    assert.ok(!told(seen).includes('entry.granted'));
    // The next certificate brings it back in, and the list of the next day leaves that alone.
    const back = await comesIn(lost, lost.next());
    await takes(called, lists(ca, lost.certificate));
    assert.deepEqual([await back.good(), await stolen.good()], [ALL, NONE]);
  });

  it('has nothing left of it once nobody trusts that CA any more', async () => {
    const { called, root, program } = await plant();
    const elsewhere = await plant();
    await trust(called, root);
    await trust(elsewhere.called, elsewhere.root);
    const [gone, stays] = [
      await program(`${called}-gone`),
      await elsewhere.program(`${elsewhere.called}-stays`),
    ];
    const [theirs, others] = [await comesIn(gone), await comesIn(stays)];
    assert.deepEqual([await theirs.good(), await others.good()], [ALL, ALL]);
    const seen = await eventsOf(proxied, async () => {
      assert.ok(await distrusts(called));
      assert.deepEqual([await theirs.good(), await others.good()], [NONE, ALL]);
      assert.deepEqual([await isListed(theirs.grant), await isListed(others.grant)], [true, false]);
    });
    assert.deepEqual(
      told(seen).filter((type) => type.startsWith('authority.')),
      ['authority.untrusted'],
    );
  });

  it('comes in no more by a rule that names a CA which is not trusted any more, or the one above it', async () => {
    const { called, ca, root, program } = await plant();
    const pump = await program(`${called}-pump`);
    const before = await comesIn(pump);
    const { store, processActs } = proxied.house;
    const seen = async () => {
      const { weaknesses, proofs } = await store.read((q) => processActs.see(q, pump.process));
      return [weaknesses.includes('distrusted'), proofs.map(({ shown }) => shown.distrusted)];
    };
    const goes = async (...trusted: readonly Issuer[]) => {
      await trust(called, ...trusted);
      const came = await comesIn(pump);
      assert.deepEqual([await came.good(), await seen()], [ALL, [false, [undefined]]]);
      const left = await eventsOf(proxied, async () => {
        assert.ok(await distrusts(called));
        assert.deepEqual(await came.good(), NONE);
        assert.equal((await ask(pump, SITE)).state, 'refused');
        assert.deepEqual(await seen(), [true, [true]]);
      });
      assert.deepEqual(told(left), ['authority.untrusted', 'entry.refused revoked']);
    };
    await goes(ca);
    assert.deepEqual(await before.good(), NONE, 'and what it had by the rule alone');
    await goes(root);
    // Under another name it is trusted all the same.
    await trust(called, root);
    await trust(`${called} too`, root);
    assert.ok(await distrusts(called));
    const stays = await comesIn(pump);
    assert.ok(await distrusts(`${called} too`));
    assert.deepEqual(await stays.good(), NONE);
    assert.equal((await ask(pump, SITE)).state, 'refused');
  });

  it('is let in no more without anybody to say that it stands, where that is asked', async () => {
    const { called, ca, root, program } = await plant();
    await trust(called, root, ca);
    await takes(called, lists(root));
    await takes(called, lists(ca));
    const strict = await program(`${called}-strict`, { revocation: 'required' });
    const came = await comesIn(strict);
    assert.deepEqual(await came.good(), ALL);
    assert.ok(await distrusts(called));
    assert.deepEqual(await came.good(), NONE);
    assert.equal((await ask(strict, SITE)).state, 'refused');
    // Trusted again, it comes in again; and is out again when that ends.
    await trust(called, root, ca);
    await takes(called, lists(root));
    await takes(called, lists(ca));
    const again = await comesIn(strict);
    assert.deepEqual([await again.good(), await came.good()], [ALL, NONE]);
    assert.ok(await distrusts(called));
    assert.deepEqual(await again.good(), NONE);
  });

  it('goes with the CA of its certificate, which the root above revoked, under whatever name it is here', async () => {
    const { called, ca, root, program } = await plant();
    await trust(`${called} issuing`, ca);
    await trust(`${called} root`, root);
    const pump = await program(`${called}-pump`);
    const came = await comesIn(pump);
    assert.deepEqual(await came.good(), ALL);
    const seen = await eventsOf(proxied, async () => {
      await takes(`${called} root`, lists(root, ca));
      assert.deepEqual(await came.good(), NONE);
      assert.equal((await ask(pump, SITE)).state, 'refused');
    });
    assert.ok(told(seen).includes('entry.refused revoked'));
    assert.ok(!told(seen).includes('entry.granted'));
  });

  it('keeps nothing beyond the natural end of its certificate', async () => {
    const { called, ca, program } = await plant();
    const pump = await program(`${called}-pump`);
    const soon = 90_000;
    const to = new Date(Math.ceil(proxied.clock.now() / 1000) * 1000 + soon);
    const alternative = { dns: `${called}-pump.example` };
    const short = makeCertificate(
      { subject: { CN: called }, authority: false, alternative, to },
      ca,
    );
    const came = await comesIn(pump, short);
    const stays = await comesIn(pump);
    assert.deepEqual([await came.good(), await stays.good()], [ALL, ALL]);
    const outcome = await ask(pump, [...apis.keys()][0] ?? '', short);
    assert.ok(outcome.state === 'issued' && outcome.issued.lifetime * 1000 <= soon + 1000);
    proxied.clock.advance(soon + 1000);
    const seen = await eventsOf(proxied, async () => {
      assert.equal((await ask(pump, SITE, short)).state, 'refused');
    });
    assert.deepEqual(told(seen), ['entry.refused expired']);
    assert.deepEqual([await came.good(), await stays.good()], [NONE, ALL]);
  });

  it('goes by a list of a CA that was trusted only after it came in', async () => {
    const { called, ca, program } = await plant();
    const [pump, other] = [await program(`${called}-pump`), await program(`${called}-other`)];
    const [came, stays] = [await comesIn(pump), await comesIn(other)];
    await trust(called, ca);
    await takes(called, lists(ca, pump.certificate));
    assert.deepEqual([await came.good(), await stays.good()], [NONE, ALL]);
  });

  it('is not let in by what was judged just before, or what it is let in for ends', async () => {
    const { called, ca, root, program } = await plant();
    await trust(called, root, ca);
    await takes(called, lists(root));
    await takes(called, lists(ca));
    const pump = await program(`${called}-pump`);
    const list = lists(ca, pump.certificate);
    const { store, authority, authorityActs } = proxied.house;
    let asking: ReturnType<typeof ask> | undefined;
    await store.write(async (tx) => {
      assert.ok((await authorityActs.importList(tx, called, list, BY)).ok);
      asking ??= ask(pump, SITE);
      // Its certificate is judged meanwhile, as long as the list is not here yet.
      for (let turn = 0; turn < 60; turn++) await store.read(authority.trusted.list);
    });
    assert.equal((await asking)?.state, 'refused');
  });
});

function readFingerprint({ der }: Issuer): string {
  return readShownAlone(der)?.fingerprint ?? '';
}
