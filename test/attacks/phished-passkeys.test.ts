/**
 * Passkeys used where they were not meant (T1557, T1566, T1111; WebAuthn Level 3 §7.1, §7.2, §13.4; ASVS 6.3.5): signed for a
 * look-alike site, replayed, offered for somebody else, without the person, or enrolled over another’s challenge. All of it comes
 * by the doors, as a phisher’s proxy would bring it; the browser and the authenticator are in software and lie as told.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { type Answer, openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';
import {
  type Lies,
  type SoftwareAuthenticator,
  softwareAuthenticator,
  UP,
  UV,
} from '../support/software-authenticator.ts';

const OURS = 'https://example.com';

/** Sites that a person may take for ours, and forms of ours that are not ours. */
const LOOK_ALIKES = [
  'https://badexample.com',
  'https://example.com.evil.example',
  'https://evil.example',
  'https://login.example.com',
  'https://xn--exmple-cua.com',
  'https://exаmple.com', // Its third letter is Cyrillic.
  'https://example.co',
  'https://example.com:8443',
  'https://example.com:443',
  'https://example.com.',
  'https://example.com/',
  'https://EXAMPLE.com',
  'https://user@example.com',
  'http://example.com',
  'ftp://example.com',
  'android:apk-key-hash:AAAA',
  'null',
  '',
  'example.com',
  'https://localhost',
];

type Offer = Readonly<Record<string, unknown>>;
type Sign = (challenge: Offer) => Offer;

describe('a passkey', () => {
  let served: ServedHouse;
  let ada: PasskeyPerson;
  let eve: PasskeyPerson;
  before(async () => {
    served = await openServedHouse({ listener: { origin: OURS } });
    ada = await passkeyPerson(served, 'ada', [], softwareAuthenticator({ signCount: 5 }));
    eve = await passkeyPerson(served, 'eve');
  });
  after(() => served.close());

  /** Signs in by the API; the origin that the request tells is what the proxy makes it. */
  async function byApi(
    sign: Sign,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const { json } = await served.api('beginAttempt', { body: { to: 'signIn' }, headers });
    const { id, token, challenges } = json.attempt;
    const proof = { kind: 'webauthn', data: sign(challenges[0].data) };
    const offer = { params: { id }, body: { attempt: token, proof }, headers };
    return served.api('offerProof', offer);
  }

  /** Signs in by the page; gives where it leads. */
  async function byWeb(sign: Sign): Promise<string | undefined> {
    const browser = served.browser();
    const { text } = await browser.get('/signin');
    const begun = await served.send({
      method: 'POST',
      path: '/signin/passkey/begin',
      headers: {
        cookie: [...browser.cookies].map((pair) => pair.join('=')).join('; '),
        origin: OURS,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ csrf: /name="csrf" value="([^"]+)"/.exec(text)?.[1] }),
    });
    const { options, tab } = begun.json;
    const credential = JSON.stringify(sign(options));
    return (await browser.post('/signin/passkey', { credential, tab })).location;
  }

  /** By both doors it is refused, and the record says why; then the counts of the source are forgotten. */
  async function refused(
    what: string,
    sign: Sign,
    reasons: readonly string[],
  ): Promise<TestEvent[]> {
    const seen = await eventsOf(served, async () => {
      assert.equal((await byApi(sign)).json.code, 'proof-wrong', `API, ${what}`);
      assert.equal(await byWeb(sign), '/signin', `page, ${what}`);
    });
    assert.equal(count(seen, 'signin.granted'), 0, what);
    const told = seen
      .filter(({ type }) => type === 'proof.refused')
      .map(({ reason }) => reason ?? '');
    assert.equal(told.length, 2, what);
    for (const reason of told) assert.ok(reasons.includes(reason), `${what}: ${reason}`);
    served.clock.advance(2 * 3_600_000);
    return seen;
  }

  const lying =
    (lies: Lies, passkey: SoftwareAuthenticator = ada.passkey, origin = OURS): Sign =>
    (challenge) =>
      passkey.get(challenge, origin, lies);

  it('signed at a look-alike of our site opens nothing here', async () => {
    for (const origin of LOOK_ALIKES) {
      await refused(origin, lying({}, ada.passkey, origin), ['not-here']);
    }
    await refused('another site, in a frame', lying({ crossOrigin: true }), ['not-here']);
    await refused('a frame of another site', lying({ topOrigin: 'https://evil.example' }), [
      'not-here',
    ]);
    for (const rpId of ['badexample.com', 'com', 'login.example.com', 'EXAMPLE.com', '']) {
      await refused(`for "${rpId}"`, lying({ rpId }), ['wrong']);
    }
  });

  it('signed here, but brought from elsewhere by a script, opens nothing', async () => {
    const { json } = await byApi(lying({}), { origin: 'https://badexample.com' });
    assert.equal(json.code, 'proof-wrong');
    served.clock.advance(2 * 3_600_000);
  });

  it('signed once is worth nothing a second time: not in its attempt, nor in another, nor by the other door', async () => {
    const { json } = await served.api('beginAttempt', { body: { to: 'signIn' } });
    const { id, token, challenges } = json.attempt;
    const data = ada.passkey.get(challenges[0].data, OURS);
    const offer = () =>
      served.api('offerProof', {
        params: { id },
        body: { attempt: token, proof: { kind: 'webauthn', data } },
      });
    assert.equal((await offer()).json.state, 'granted');
    assert.equal((await offer()).json.code, 'attempt-over');
    await refused('used before', () => data, ['wrong']);
    const waiting = await served.api('beginAttempt', { body: { to: 'signIn' } });
    const early = ada.passkey.get(waiting.json.attempt.challenges[0].data, OURS);
    await refused('made for another attempt', () => early, ['wrong']);
  });

  it('offered a hundred times at once for one attempt lets in once', async () => {
    const { json } = await served.api('beginAttempt', { body: { to: 'signIn' } });
    const { id, token, challenges } = json.attempt;
    const data = ada.passkey.get(challenges[0].data, OURS);
    const proof = { kind: 'webauthn', data };
    const seen = await eventsOf(served, async () => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () =>
          served.api('offerProof', { params: { id }, body: { attempt: token, proof } }),
        ),
      );
      assert.equal(answers.filter(({ json: { state } }) => state === 'granted').length, 1);
    });
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
    served.clock.advance(2 * 3_600_000);
  });

  it('of another person proves nothing, under their own name or the other’s', async () => {
    const { json } = await served.api('beginAttempt', {
      body: { to: 'signIn', identifier: 'ada' },
    });
    const { id, token, challenges } = json.attempt;
    const { data } = challenges.find(({ kind }: { kind: string }) => kind === 'webauthn');
    for (const lies of [{}, { credentialId: ada.passkey.credentialId }]) {
      const answer = await served.api('offerProof', {
        params: { id },
        body: {
          attempt: token,
          proof: { kind: 'webauthn', data: eve.passkey.get(data, OURS, lies) },
        },
      });
      assert.ok(['proof-wrong', 'attempt-over'].includes(answer.json.code), answer.text);
    }
    const handle = ada.passkey.save().userHandle ?? '';
    await refused('with the other’s handle', lying({ userHandle: handle }, eve.passkey), [
      'wrong',
      'unknown-subject',
    ]);
    await refused(
      'with the other’s id',
      lying({ credentialId: ada.passkey.credentialId }, eve.passkey),
      ['wrong', 'unknown-subject'],
    );
    await refused('of nobody', lying({}, softwareAuthenticator()), [
      'unknown-subject',
      'malformed',
    ]);
  });

  it('without the person, or without a word of the ceremony, is refused', async () => {
    for (const [what, lies] of [
      ['nobody verified', { flags: UP }],
      ['nobody present', { flags: UV }],
      ['neither', { flags: 0 }],
      ['an enrolment’s ceremony', { type: 'webauthn.create' }],
      ['a payment’s ceremony', { type: 'payment.get' }],
      ['another challenge', { challenge: 'AAAA' }],
      ['no challenge', { challenge: '' }],
      ['something more in what was signed', { extra: Buffer.from('00', 'hex') }],
    ] as const) {
      await refused(what, lying(lies), ['wrong', 'malformed', 'not-here']);
    }
  });

  it('whose count went back is let in and noted, for a copy may be about', async () => {
    const seen = await eventsOf(served, async () => {
      assert.equal((await byApi(lying({ signCount: 2 }))).json.state, 'granted');
    });
    const [note] = seen.filter(({ type }) => type === 'proof.noted');
    assert.equal(note?.subject, ada.id);
    assert.equal(note?.data.note, 'sign-count-regressed');
  });

  it('is not enrolled over another’s challenge, from another site, or for somebody who has it already', async () => {
    const mine = (await passkeySignIn(served, ada)).session.token;
    const theirs = (await passkeySignIn(served, eve)).session.token;
    const begin = async (token: string) =>
      (await served.api('beginMyEnrolment', { token, body: { kind: 'webauthn' } })).json;
    const finish = (token: string, id: string, data: Offer) =>
      served.api('finishMyEnrolment', { token, params: { id }, body: { data } });
    const fresh = softwareAuthenticator();
    const [first, second] = [await begin(mine), await begin(theirs)];
    for (const [what, data] of [
      ['over another’s challenge', fresh.create(second.offer, OURS)],
      ['for a sign-in', fresh.create(first.offer, OURS, { type: 'webauthn.get' })],
      ['at a look-alike', fresh.create(first.offer, 'https://badexample.com')],
      ['for another site', fresh.create(first.offer, OURS, { rpId: 'badexample.com' })],
      ['with nobody verified', fresh.create(first.offer, OURS, { flags: UP | 0x40 })],
      ['under another id', fresh.create(first.offer, OURS, { credentialId: 'AAAA' })],
    ] as const) {
      const { json } = await finish(mine, first.id, data);
      assert.ok(['proof-wrong', 'proof-malformed'].includes(json.code), `${what}: ${json.code}`);
    }
    const crossed = await finish(theirs, first.id, fresh.create(first.offer, OURS));
    assert.equal(crossed.json.code, 'enrolment-over');
    const taken = eve.passkey.create(first.offer, OURS);
    assert.equal((await finish(mine, first.id, taken)).json.code, 'proof-held-already');
    const seen = await eventsOf(served, async () => {
      assert.equal((await finish(mine, first.id, fresh.create(first.offer, OURS))).status, 201);
      const again = await finish(mine, first.id, softwareAuthenticator().create(first.offer, OURS));
      assert.equal(again.json.code, 'enrolment-over');
    });
    assert.equal(count(seen, 'proof.enrolled', 'done'), 1);
  });

  it('signed here by its owner opens both doors', async () => {
    const seen = await eventsOf(served, async () => {
      assert.equal((await byApi(lying({}))).json.state, 'granted');
      assert.equal((await byApi(lying({}), { origin: OURS })).json.state, 'granted');
      assert.equal(await byWeb(lying({})), '/me');
    });
    assert.equal(count(seen, 'signin.granted', 'granted'), 3);
    for (const { data } of seen.filter(({ type }) => type === 'signin.granted')) {
      assert.equal(data.phishingResistant, true);
    }
  });
});
