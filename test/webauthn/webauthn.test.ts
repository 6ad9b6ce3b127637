import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PersonId } from '../../server/kernel/id.ts';
import type { ProofModule, Verdict } from '../../server/proofs/proof.ts';
import { createWebauthn } from '../../server/proofs/webauthn/webauthn.ts';
import { webauthnConfig } from '../../server/proofs/webauthn/webauthn-config.ts';
import { ORIGIN, openProofHouse, type ProofHouse } from '../proofs/proof-house.ts';
import { makeCertificate } from '../support/certificates.ts';
import {
  type AuthenticatorModel,
  BE,
  BS,
  type Lies,
  type SoftwareAuthenticator,
  softwareAuthenticator,
  UP,
  UV,
} from '../support/software-authenticator.ts';

const SITE = { rpId: 'example.com', origins: [ORIGIN, 'https://example.com'] };

let house: ProofHouse;
before(async () => {
  house = await openProofHouse('webauthn');
});
after(() => house.close());

const make = (changes: object = {}): ProofModule =>
  createWebauthn({ ...house.deps, site: SITE }, webauthnConfig.parse(changes));

interface Owner {
  readonly subject: PersonId;
  readonly device: SoftwareAuthenticator;
}

async function owner(
  model: AuthenticatorModel = {},
  module = make(),
  lies: Lies = {},
): Promise<Owner> {
  const subject = await house.person();
  const device = softwareAuthenticator(model);
  const enrolled = await house.enrol(module, subject, (offer) =>
    device.create(offer, ORIGIN, lies),
  );
  assert.ok(enrolled.ok, JSON.stringify(enrolled));
  return { subject, device };
}

async function signIn(who: Owner, lies: Lies = {}, module = make()): Promise<Verdict> {
  const moment = house.moment();
  const { data } = module.challenge([], moment);
  return house.verify(module, who.subject, who.device.get(data, ORIGIN, lies), moment);
}

const reasonOf = (verdict: Verdict) => (verdict.sound ? 'sound' : verdict.reason);

async function refusedEnrolment(lies: Lies, model: AuthenticatorModel = {}, config: object = {}) {
  const subject = await house.person();
  const device = softwareAuthenticator(model);
  const enrolled = await house.enrol(make(config), subject, (offer) =>
    device.create(offer, ORIGIN, lies),
  );
  assert.equal((await house.held(subject)).length, enrolled.ok ? 1 : 0);
  return enrolled.ok ? 'enrolled' : enrolled.error.code;
}

test('a passkey signs in, alone, as two factors that phishing can not take', async () => {
  const who = await owner();
  const verdict = await signIn(who);
  assert.ok(verdict.sound);
  assert.equal(await house.spend(verdict), true);
  assert.deepEqual(verdict.class, {
    kind: 'webauthn',
    factors: ['have', 'know'],
    phishingResistant: true,
    replayResistant: true,
    hardwareBound: false,
    enrolmentOnly: false,
    effort: 1,
  });
});

test('the owner of a passkey is found without a name, by credential and handle together', async () => {
  const who = await owner();
  const other = await owner();
  const module = make();
  const { data } = module.challenge([], house.moment());
  const identify = (offer: unknown) => house.store.read(async (q) => module.identify?.(q, offer));
  const offer = who.device.get(data, ORIGIN);
  assert.equal(await identify(offer), who.subject);
  const others = (other.device.get(data, ORIGIN).response as { userHandle: string }).userHandle;
  assert.equal(await identify(who.device.get(data, ORIGIN, { userHandle: others })), undefined);
  const { userHandle: _, ...response } = offer.response as Record<string, unknown>;
  assert.equal(await identify({ ...offer, response }), undefined);
  assert.equal(await identify(who.device.get(data, ORIGIN, { credentialId: 'AAAA' })), undefined);
});

test('an unknown account is shown the same challenge as a known one at the first step', () => {
  const moment = house.moment();
  const { data } = make().challenge([], moment);
  assert.deepEqual(data.allowCredentials, []);
  assert.equal(data.userVerification, 'required');
});

test('a second step names the credentials that are held, with how they are reached', async () => {
  const who = await owner();
  const { data } = make().challenge(await house.held(who.subject), house.moment());
  assert.deepEqual(data.allowCredentials, [
    { type: 'public-key', id: who.device.credentialId, transports: ['internal', 'hybrid'] },
  ]);
});

test('the handle tells nothing of the person, and is the same for all of their credentials', async () => {
  const subject = await house.person();
  const handles = new Set<unknown>();
  for (let i = 0; i < 2; i++) {
    await house.enrol(make(), subject, (offer) => {
      const { id } = offer.user as { id: string };
      handles.add(id);
      assert.equal(Buffer.from(id, 'base64url').length, 32);
      assert.ok(!Buffer.from(id, 'base64url').includes(subject));
      return softwareAuthenticator().create(offer, ORIGIN);
    });
  }
  assert.equal(handles.size, 1);
  assert.equal((await house.held(subject)).length, 2);
});

// Each lie, and the reason that it must be refused for.
const LIES: readonly (readonly [string, Lies, string])[] = [
  ['an origin that ends like ours', { origin: 'https://badexample.com' }, 'not-here'],
  ['an origin that begins like ours', { origin: `${ORIGIN}.evil.example` }, 'not-here'],
  ['an origin with another scheme', { origin: 'http://id.example.com' }, 'not-here'],
  ['an origin with a port', { origin: `${ORIGIN}:8443` }, 'not-here'],
  ['an origin in other case', { origin: 'https://ID.example.com' }, 'not-here'],
  [
    'another of our origins than the request came from',
    { origin: 'https://example.com' },
    'not-here',
  ],
  ['a frame on another site', { crossOrigin: true }, 'not-here'],
  ['a top origin', { topOrigin: 'https://evil.example' }, 'not-here'],
  ['another site', { rpId: 'badexample.com' }, 'wrong'],
  ['a subdomain as the site', { rpId: 'id.example.com' }, 'wrong'],
  ['no verification of the person', { flags: UP }, 'wrong'],
  ['no presence of the person', { flags: UV }, 'wrong'],
  ['no flags at all', { flags: 0 }, 'wrong'],
  ['a backup of what can not be backed up', { flags: UP | UV | BS }, 'wrong'],
  ['eligibility for backup that was not there at enrolment', { flags: UP | UV | BE }, 'wrong'],
  ['bytes after the authenticator data', { extra: Buffer.of(0) }, 'wrong'],
  ['the other ceremony', { type: 'webauthn.create' }, 'wrong'],
  [
    'a challenge of their own',
    { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
    'wrong',
  ],
  ['another handle', { userHandle: 'AAAA' }, 'wrong'],
];

for (const [name, lies, reason] of LIES) {
  test(`an assertion with ${name} is refused`, async () => {
    const who = await owner();
    assert.equal(reasonOf(await signIn(who, lies)), reason);
    assert.equal(reasonOf(await signIn(who)), 'sound', 'done rightly it is accepted');
  });
}

for (const [name, lies] of LIES) {
  if ('userHandle' in lies || name.startsWith('eligibility')) continue;
  const flags = lies.flags === undefined ? {} : { flags: lies.flags | 0x40 };
  test(`a registration with ${name} is refused`, async () => {
    const told = lies.type === undefined ? { ...lies, ...flags } : { type: 'webauthn.get' };
    assert.equal(await refusedEnrolment(told), 'wrong');
  });
}

test('a registration under a name other than the attested id is refused', async () => {
  assert.equal(await refusedEnrolment({ credentialId: 'AAAA' }), 'wrong');
});

test('an attestation that is not over this registration is refused', async () => {
  const forged = new Map<string, number | Uint8Array>([
    ['alg', -7],
    ['sig', Buffer.alloc(70, 1)],
  ]);
  assert.equal(await refusedEnrolment({ statement: forged }, { attestation: 'self' }), 'wrong');
  assert.equal(await refusedEnrolment({ statement: forged }), 'wrong', 'none, with a statement');
});

test('an assertion for one step is worth nothing at another', async () => {
  const who = await owner();
  const module = make();
  const first = house.moment();
  const offer = who.device.get(module.challenge([], first).data, ORIGIN);
  assert.equal((await house.verify(module, who.subject, offer, first)).sound, true);
  assert.equal(reasonOf(await house.verify(module, who.subject, offer, house.moment())), 'wrong');
});

test('the credential of another person proves nothing', async () => {
  const victim = await owner();
  const attacker = await owner();
  const offered = await signIn({ subject: victim.subject, device: attacker.device });
  assert.equal(reasonOf(offered), 'not-held');
});

test('a credential that somebody holds is not enrolled again, for them or for another', async () => {
  const who = await owner();
  for (const subject of [who.subject, await house.person()]) {
    const again = await house.enrol(make(), subject, (offer) => who.device.create(offer, ORIGIN));
    assert.deepEqual(again, { ok: false, error: { code: 'held-already' } });
  }
});

test('of a hundred uses of one assertion at once, one is first', async () => {
  for (const signCount of [undefined, 7]) {
    const who = await owner(signCount === undefined ? {} : { signCount });
    const module = make();
    const moment = house.moment();
    const offer = who.device.get(module.challenge([], moment).data, ORIGIN);
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, () => house.verify(module, who.subject, offer, moment)),
    );
    const spent = await Promise.all(verdicts.map((verdict) => house.spend(verdict)));
    assert.equal(spent.filter(Boolean).length, 1);
  }
});

test('a count that goes back is noted, or refused when so configured; one that stays at zero is neither', async () => {
  const who = await owner({ signCount: 10 });
  const rising = await signIn(who);
  assert.ok(rising.sound && rising.notes.length === 0);
  assert.equal(await house.spend(rising), true);
  const counted = (await house.held(who.subject))[0]?.counter;
  assert.equal(counted, 12);

  for (const signCount of [12, 3, 0]) {
    const back = await signIn(who, { signCount });
    assert.ok(back.sound);
    assert.deepEqual(back.notes, ['sign-count-regressed']);
    assert.equal(await house.spend(back), true);
    assert.equal((await house.held(who.subject))[0]?.counter, 12, 'the count never falls');
    const strict = make({ refuseRegressions: true });
    assert.equal(reasonOf(await signIn(who, { signCount }, strict)), 'wrong');
  }
  const synced = await owner({ flags: UP | UV | BE | BS });
  for (let i = 0; i < 2; i++) {
    const verdict = await signIn(synced);
    assert.ok(verdict.sound && verdict.notes.length === 0);
    assert.equal(await house.spend(verdict), true);
  }
});

test('a passkey that was removed after it signed is not accepted', async () => {
  const who = await owner();
  const verdict = await signIn(who);
  await house.store.write(async (tx) => {
    const { removeAllHeld } = await import('../../server/proofs/held-proofs.ts');
    await removeAllHeld(tx, who.subject);
  });
  assert.equal(await house.spend(verdict), false);
});

const AAGUID = 'd8522d9f-575b-4866-88a9-ba99fa02f35b';

function maker() {
  const root = makeCertificate({ subject: { CN: 'Root' }, authority: true });
  const middle = makeCertificate({ subject: { CN: 'Middle' }, authority: true }, root);
  const leaf = (changes: object = {}, issuer = middle) =>
    makeCertificate(
      {
        subject: { C: 'SE', O: 'Maker', OU: 'Authenticator Attestation', CN: 'Key 5' },
        authority: false,
        aaguid: Buffer.from(AAGUID.replaceAll('-', ''), 'hex'),
        ...changes,
      },
      issuer,
    );
  return { root, middle, leaf };
}

test('with models listed, an attested one is enrolled and counts as hardware', async () => {
  const { root, middle, leaf } = maker();
  const listed = { authenticators: [{ aaguid: AAGUID.toUpperCase(), roots: [root.pem] }] };
  const model = {
    aaguid: AAGUID,
    attestation: 'certified',
    attester: leaf(),
    chain: [middle],
  } as const;
  const module = make(listed);
  const who = await owner(model, module);
  const verdict = await signIn(who, {}, module);
  assert.ok(verdict.sound && verdict.class.hardwareBound);
  const [held] = await house.held(who.subject);
  assert.equal(JSON.parse(held?.detail ?? '{}').attestation, 'packed');
  const begun = await module.beginEnrolment(await house.enrolling(who.subject), {});
  assert.equal(begun.ok && begun.value.offer.attestation, 'direct');
});

test('with models listed, claims without a chain to the root of the model are refused', async () => {
  const { root, middle, leaf } = maker();
  const stranger = maker();
  const authenticators = [{ aaguid: AAGUID, roots: [root.pem] }];
  const enrol = (model: AuthenticatorModel) => refusedEnrolment({}, model, { authenticators });
  const certified = { aaguid: AAGUID, attestation: 'certified' } as const;
  assert.equal(await enrol({ aaguid: AAGUID }), 'not-allowed', 'none');
  assert.equal(await enrol({ aaguid: AAGUID, attestation: 'self' }), 'not-allowed', 'self');
  assert.equal(
    await enrol({ ...certified, attester: leaf() }),
    'not-allowed',
    'a gap in the chain',
  );
  assert.equal(
    await enrol({ ...certified, attester: stranger.leaf(), chain: [stranger.middle] }),
    'not-allowed',
    'another root',
  );
  const old = { to: new Date('2025-01-01') };
  assert.equal(
    await enrol({ ...certified, attester: leaf(old), chain: [middle] }),
    // The library looks at the clock too, and is first.
    'wrong',
    'an expired certificate',
  );
  const upstart = leaf({}, leaf());
  assert.equal(
    await enrol({ ...certified, attester: upstart, chain: [leaf(), middle] }),
    'not-allowed',
    'issued by what is no authority',
  );
  assert.equal(
    await enrol({ ...certified, attester: leaf(), chain: [middle] }),
    'enrolled',
    'done rightly',
  );
  const other = { aaguid: '00000000-0000-0000-0000-000000000001', attestation: 'self' } as const;
  assert.equal(await refusedEnrolment({}, other, { authenticators }), 'not-allowed', 'not listed');
});

test('without roots a listed AAGUID is believed, and does not count as hardware', async () => {
  const module = make({ authenticators: [{ aaguid: AAGUID }] });
  const who = await owner({ aaguid: AAGUID, attestation: 'self' }, module);
  const verdict = await signIn(who, {}, module);
  assert.ok(verdict.sound && !verdict.class.hardwareBound);
});

test('a security key is enrolled as one, and asked of the browser as one', async () => {
  const begun = await make().beginEnrolment(await house.enrolling(await house.person()), {
    form: 'security-key',
    name: 'Blue key',
  });
  assert.ok(begun.ok);
  assert.deepEqual(begun.value.offer.authenticatorSelection, {
    residentKey: 'discouraged',
    requireResidentKey: false,
    userVerification: 'required',
    authenticatorAttachment: 'cross-platform',
  });
});

test('what was enrolled is excluded from being enrolled again on the same authenticator', async () => {
  const who = await owner();
  const begun = await make().beginEnrolment(await house.enrolling(who.subject), {});
  assert.ok(begun.ok);
  assert.deepEqual(begun.value.offer.excludeCredentials, [
    { type: 'public-key', id: who.device.credentialId, transports: ['internal', 'hybrid'] },
  ]);
});
