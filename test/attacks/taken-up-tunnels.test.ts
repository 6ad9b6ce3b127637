/**
 * TLS sessions of EAP that are taken up again (RFC 5216 §2.1.2, RFC 9190 §2.1.2): the ticket lies in the supplicant, and the card that it
 * was given for may be in nobody's reader by then (T1550, CWE-613). What was shown is as old as when it was shown: a laptop that was left
 * behind makes no proof fresh.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LoggedIn } from '../../server/gate/network/network-words.ts';
import { HOUR, MINUTE } from '../../server/kernel/clock.ts';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { type EapHouse, openEapHouse } from '../eap/eap-house.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { networkArrival } from '../support/network.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { enrolledPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';

const BY = { door: 'cli' } as const;
const card = cardConfig.parse({ withPin: { authorities: ['plant'] } });
const policies = `@id("operators-log-in")
@because("Operators log in at network devices.")
permit (principal in Group::"network-operators", action == Action::"logIn", resource);
@id("fresh-at-the-wire")
@because("At the wire the card is shown anew.")
forbid (principal, action == Action::"logIn", resource)
when { context.service == "wired" && !context.proven.fresh };
`;

describe('a tunnel that is taken up again', () => {
  let opened: EapHouse;
  let tls: { readonly ca: string; readonly cert: string; readonly key: string };
  before(async () => {
    opened = await openEapHouse({}, '127.0.0.1', { proofs: { ...cheapSettings().proofs, card } });
    const { test } = opened;
    const { store, authority, people } = test.house;
    const ada = await enrolledPerson(test, 'ada');
    const groups = ['network-operators'];
    assert.ok((await store.write((tx) => people.change(tx, ada.id, { groups }, BY))).ok);
    const plant = makeCertificate({ subject: { CN: 'plant' }, authority: true });
    const trust = { name: 'plant', trustedFor: ['person'] as const, certificates: [plant.der] };
    assert.ok((await store.write((tx) => authority.trusted.add(tx, trust, BY))).ok);
    const subject = { O: 'Plant', CN: 'ada' };
    const made = makeCertificate({ subject, authority: false, forClients: true }, plant);
    assert.ok((await test.house.cards.assign([made.der], ada.id, undefined, BY)).ok);
    tls = { ca: opened.root, cert: made.pem, key: made.keyPem };
    await activateForNetwork(test, policies);
  });
  after(() => opened.close());

  const meet = (service: string, more: object = {}) =>
    opened.meet({ identity: 'ada', tls: { ...tls, ...more } }, { service });

  /** Of the newest log-in that some work leaves behind. */
  async function loggedIn(work: () => Promise<unknown>) {
    const left = await eventsOf(opened.test, work);
    const [granted, ...more] = left.filter(({ type }) => type === 'login.granted');
    assert.ok(granted !== undefined && more.length === 0);
    const { login, proofs } = granted.data as {
      readonly login: LoggedIn['session'];
      readonly proofs: readonly { readonly kind: string; readonly age: number }[];
    };
    return { login, proofs: proofs.map(({ kind, age }) => ({ kind, age })) };
  }
  const reload = (session: LoggedIn['session']) => {
    const { test, client } = opened;
    const asked = { session, client, command: 'reload', args: [] };
    return test.house.gate.network.command(asked, networkArrival(test, client));
  };

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const only = { minVersion: version, maxVersion: version };

    it(`is no card that was shown just now, to policies and for commands, with ${version}`, async () => {
      const first = await meet('wired', only);
      assert.equal(first.state, 'accept');
      const { session } = first.supplicant;
      assert.ok(session !== undefined);
      const again = { ...only, session };

      opened.test.clock.advance(MINUTE);
      const soon = await loggedIn(async () => {
        const met = await meet('wired', again);
        assert.deepEqual([met.state, met.supplicant.resumed], ['accept', true]);
      });
      assert.deepEqual(soon.proofs, [{ kind: 'card', age: 60 }]);

      opened.test.clock.advance(2 * HOUR);
      const left = await eventsOf(opened.test, async () => {
        assert.equal((await meet('wired', again)).state, 'reject');
      });
      assert.equal(count(left, 'network.refused', 'refused'), 1);
      assert.equal(count(left, 'login.granted'), 0);

      // Where policy wants nothing fresh it comes in, with a card that is as old as it is: what is sensitive wants it anew.
      const late = await loggedIn(async () => {
        const met = await meet('admin', again);
        assert.deepEqual([met.state, met.supplicant.resumed], ['accept', true]);
      });
      assert.deepEqual(late.proofs, [{ kind: 'card', age: 7260 }]);
      const refused = await eventsOf(opened.test, async () => {
        const outcome = await reload(late.login);
        assert.deepEqual(
          [outcome.state, 'reason' in outcome && outcome.reason],
          ['refused', 'stale'],
        );
      });
      assert.equal(count(refused, 'command.refused', 'refused'), 1);
    });

    it(`is as old as it is though the card is shown elsewhere meanwhile, with ${version}`, async () => {
      const left = await meet('admin', only);
      const { session } = left.supplicant;
      assert.ok(session !== undefined);
      const stolen = { ...only, session };
      opened.test.clock.advance(HOUR);
      const own = await loggedIn(() => meet('admin', only));
      opened.test.clock.advance(MINUTE);

      const refused = await eventsOf(opened.test, async () => {
        assert.equal((await meet('wired', stolen)).state, 'reject');
      });
      assert.equal(count(refused, 'network.refused', 'refused'), 1);
      const late = await loggedIn(async () => {
        const met = await meet('admin', stolen);
        assert.deepEqual([met.state, met.supplicant.resumed], ['accept', true]);
      });
      assert.ok((late.proofs[0]?.age ?? 0) >= 3660, JSON.stringify(late.proofs));
      const said = await eventsOf(opened.test, async () => {
        const outcome = await reload(late.login);
        assert.equal('reason' in outcome && outcome.reason, 'stale');
        assert.equal((await reload(own.login)).state, 'granted');
      });
      assert.equal(count(said, 'command.refused', 'refused'), 1);
      assert.equal(count(said, 'command.granted', 'granted'), 1);
    });

    it(`is as good as ever once the card is shown anew, with ${version}`, async () => {
      const whole = await loggedIn(async () => {
        const met = await meet('admin', only);
        assert.deepEqual([met.state, met.supplicant.resumed], ['accept', false]);
      });
      assert.deepEqual(whole.proofs, [{ kind: 'card', age: 0 }]);
      const left = await eventsOf(opened.test, async () => {
        assert.equal((await reload(whole.login)).state, 'granted');
        assert.equal((await meet('wired', only)).state, 'accept');
      });
      assert.equal(count(left, 'command.granted', 'granted'), 1);
      assert.equal(count(left, 'login.granted', 'granted'), 1);
    });
  }
});
