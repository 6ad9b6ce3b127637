import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reasons } from '@sallyport/contract/event-parts.ts';
import { eventTypes } from '@sallyport/contract/events.ts';
import { loadAssets } from '../../server/doors/web/assets.ts';
import { eventWords, moments } from '../../server/doors/web/parts/moments.ts';
import { english } from '../../server/doors/web/texts.ts';
import { actions } from '../../server/policy/actions.ts';
import { sampleView } from '../support/web-preview.ts';
import { sampleEvents } from '../support/web-sample-data.ts';

/** These are about the house and never about a person, or are not told to anybody (gate/use-cases/people/activity.ts). */
const NOT_TOLD =
  /^(house|config|fault|record|policy|key|process|device|authority|resource|workload|acme)\.|^(network\.client-refused|ssh\.key-revoked)$|^app\.(invit|regist|unregist)|^(session\.(activity|bound|key-wanted|proof-refused)|decision\.counted|access\.granted)$/;

describe('what happened, in words', () => {
  const view = sampleView(loadAssets().paths);
  const [sample] = sampleEvents(view.now);
  assert.ok(sample);

  test('there are some for every kind of event that is told to a person', () => {
    const mute = eventTypes
      .filter((type) => !NOT_TOLD.test(type))
      .filter((type) => english.activity.types[type] === undefined);
    assert.deepEqual(mute, []);
  });

  test('what was not permitted is said for every action, and why for every reason', () => {
    for (const action of Object.keys(actions)) {
      const refused = { ...sample, type: 'access.refused', outcome: 'refused', data: { action } };
      assert.match(eventWords(view, refused as typeof sample), /^Not permitted: [a-z]/, action);
    }
    for (const reason of Object.keys(reasons)) {
      assert.ok(Object.hasOwn(english.activity.because, reason), reason);
    }
  });

  test('who did it is said: oneself, an administrator, or whoever runs the server', () => {
    const told = (change: Partial<typeof sample>) =>
      moments(view, [{ ...sample, type: 'proof.removed', subject: 'mara', ...change }]).text;
    assert.match(told({ actor: 'mara' }), /<span>by you<\/span>/);
    assert.match(told({ actor: 'other' }), /<span>by an administrator<\/span>/);
    assert.match(told({ door: 'cli' }), /<span>by an administrator<\/span>/);
    assert.doesNotMatch(told({ door: 'web' }), /by you|by an administrator/);
  });

  test('an application, API or site is called by its name while it has one', () => {
    const words = (type: string, more: object = {}) =>
      eventWords(view, { ...sample, type, outcome: 'granted', ...more } as typeof sample);
    assert.equal(words('entry.granted', { named: 'Wiki' }), 'Let into Wiki');
    assert.equal(
      words('entry.granted', { named: undefined }),
      english.activity.types['entry.granted'],
    );
    assert.equal(words('app.requested', { named: 'Wiki' }), 'Wiki asked you to sign in');
    const stale = { outcome: 'challenged', reason: 'stale' };
    assert.equal(
      words('entry.refused', { ...stale, named: 'Wiki' }),
      'A fresh proof was asked for, before opening Wiki',
    );
    for (const type of Object.keys(english.activity.named)) {
      assert.match(words(type, { named: '<b>Wiki' }), /<b>Wiki/, type);
      const told = moments(view, [{ ...sample, type, named: '<b>Wiki' }]).text;
      assert.match(told, /&lt;b>Wiki|&lt;b&gt;Wiki/, type);
    }
  });

  test('a login at a network device names it, and says what became of it and why', () => {
    const told = (type: string, data: object, more: object = {}) => {
      const event = { ...sample, type, outcome: 'done', named: undefined, data, ...more };
      return moments(view, [{ client: '<vpn-1', ...event } as unknown as typeof sample]).text;
    };
    const at = { personal: { address: '192.168.7.20' } };
    const login = told('login.granted', { service: 'vpn' }, { ...at, outcome: 'granted' });
    assert.match(login, /Logged in at a network device.*<span>&lt;vpn-1<\/span>/s);
    assert.doesNotMatch(login, /unknown device/);
    const none = { personal: {} };
    assert.match(told('login.changed', {}, none), /&lt;vpn-1.*your groups or roles, the rules/s);
    const failed = { ...none, outcome: 'failed' };
    const unheard = told('login.told', { asked: 'change', answer: 'unanswered' }, failed);
    assert.match(unheard, /did not take a change.*which was ended.*&lt;vpn-1.*it did not answer/s);
    assert.match(unheard, />Failed</);
    assert.doesNotMatch(unheard, /state-refused|>Refused</);
    assert.match(told('login.told', { asked: 'end', answer: 'done' }, none), /ended your login/);
    assert.match(told('login.ended', { why: 'changed' }, none), /could not be told of a change/);
  });

  test('a refusal of a fresh proof is no alarm, and a wrong one says why', () => {
    const asked = {
      ...sample,
      type: 'access.refused',
      outcome: 'challenged',
      reason: 'stale',
      data: { action: 'removeProof' },
    } as const;
    assert.equal(eventWords(view, asked), 'A fresh proof was asked for, before removing a proof');
    const wrong = { ...sample, type: 'proof.refused', reason: 'wrong', data: { kind: 'totp' } };
    const told = moments(view, [wrong]).text;
    assert.match(told, /A proof was not accepted: Authenticator app/);
    assert.match(told, /<span>it did not match<\/span>/);
  });
});
