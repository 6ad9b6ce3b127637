/** How a test makes each kind of proof and gives one to a person. A new kind adds its line to KINDS. */

import assert from 'node:assert/strict';
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { TOTP, URI } from 'otpauth';
import { createStanding } from '../../server/authority/x509/standing.ts';
import { insertTrusted } from '../../server/authority/x509/trusted-table.ts';
import { base64url } from '../../server/kernel/bytes.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { createCard } from '../../server/proofs/card/card.ts';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { createCardTickets } from '../../server/proofs/card/card-ticket.ts';
import { createPassIssuing } from '../../server/proofs/pass/issue-pass.ts';
import { createPass } from '../../server/proofs/pass/pass.ts';
import { passConfig } from '../../server/proofs/pass/pass-config.ts';
import type { Moment, ProofModule } from '../../server/proofs/proof.ts';
import { createRecovery } from '../../server/proofs/recovery/recovery.ts';
import { recoveryConfig } from '../../server/proofs/recovery/recovery-config.ts';
import { createTotp } from '../../server/proofs/totp/totp.ts';
import { totpConfig } from '../../server/proofs/totp/totp-config.ts';
import { createUpstream } from '../../server/proofs/upstream/upstream.ts';
import { upstreamConfig } from '../../server/proofs/upstream/upstream-config.ts';
import { createWebauthn } from '../../server/proofs/webauthn/webauthn.ts';
import { webauthnConfig } from '../../server/proofs/webauthn/webauthn-config.ts';
import { softwareAuthenticator } from '../support/software-authenticator.ts';
import { passwordModule } from './password-parts.ts';
import { ORIGIN, type ProofHouse } from './proof-house.ts';

interface Held {
  /** What proves, at this moment. */
  right(moment: Moment): unknown;
  /** Of the same form, and not right. */
  wrong(moment: Moment): unknown;
}

interface Kind {
  readonly make: (house: ProofHouse) => ProofModule;
  readonly give: (house: ProofHouse, module: ProofModule, subject: PersonId) => Promise<Held>;
  /** Whether the same offer proves again at a later step. */
  readonly again: boolean;
  /** What each offer is: the one field, or the forms of a credential. */
  readonly field: string;
}

export const KINDS: Readonly<Record<ProofKind, Kind>> = {
  password: {
    make: (house) => passwordModule(house.deps),
    async give(house, module, subject) {
      await house.enrol(module, subject, () => ({ password: 'a rather long passphrase' }));
      return {
        right: () => ({ password: 'a rather long passphrase' }),
        wrong: () => ({ password: 'a rather long passphrasf' }),
      };
    },
    again: true,
    field: 'password',
  },
  totp: {
    make: (house) => createTotp(house.deps, totpConfig.parse({})),
    async give(house, module, subject) {
      let app: TOTP | undefined;
      const code = (moment: Moment) => app?.generate({ timestamp: moment.now }) ?? '';
      await house.enrol(module, subject, ({ uri }) => {
        const parsed = URI.parse(String(uri));
        assert.ok(parsed instanceof TOTP);
        app = parsed;
        return { code: code(house.moment()) };
      });
      house.clock.advance(90_000);
      const off = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, '0');
      return {
        right: (moment) => ({ code: code(moment) }),
        wrong: (moment) => ({ code: off(code(moment)) }),
      };
    },
    again: false,
    field: 'code',
  },
  webauthn: {
    make: (house) =>
      createWebauthn(
        { ...house.deps, site: { rpId: 'example.com', origins: [ORIGIN] } },
        webauthnConfig.parse({}),
      ),
    async give(house, module, subject) {
      const device = softwareAuthenticator({ signCount: 1 });
      await house.enrol(module, subject, (offer) => device.create(offer, ORIGIN));
      const options = (moment: Moment) => module.challenge([], moment).data;
      return {
        right: (moment) => device.get(options(moment), ORIGIN),
        wrong: (moment) => device.get(options(moment), ORIGIN, { flags: 1 }),
      };
    },
    again: false,
    field: 'response',
  },
  card: {
    make: (house) =>
      createCard({ ...house.deps, standing: createStanding() }, cardConfig.parse({})),
    async give(house, module, subject) {
      const tickets = createCardTickets(house.vault);
      const facts = {
        mapping: `card ${house.ids.next()}`,
        authority: 'plant',
        policies: [],
        serial: '01',
        rests: [],
        subject: 'Ada',
        fingerprint: 'f',
        notAfter: house.clock.now() + 1e9,
      };
      const trusted = { id: String(house.ids.next()), name: 'plant', trustedFor: '["person"]' };
      const of = { certificates: new Uint8Array(0), wantsCrl: 0, now: 0, notAfter: 1e15 };
      await house.store.write((tx) => tx.run(insertTrusted, { ...trusted, ...of }));
      const standing = await house.store.read((q) =>
        createStanding()(q, { issuer: 'plant', serial: '01' }),
      );
      if (standing === undefined) throw new Error('nobody vouches for the card');
      const ticket = (challenge: string) => ({
        ticket: tickets.write(facts, standing, challenge, house.clock.now()),
      });
      await house.enrol(module, subject, ({ challenge }) => ticket(String(challenge)));
      return {
        right: ({ nonce }) => ticket(base64url(nonce)),
        wrong: ({ nonce }) => ticket(base64url(nonce.map((byte) => byte ^ 1))),
      };
    },
    again: false,
    field: 'ticket',
  },
  upstream: {
    make: (house) =>
      createUpstream(house.deps, upstreamConfig.parse({}), async (_name, code) =>
        code === '755224' ? 'yes' : 'no',
      ),
    async give(house, module, subject) {
      await house.enrol(module, subject, () => ({ code: '755224' }));
      return { right: () => ({ code: '755224' }), wrong: () => ({ code: '755225' }) };
    },
    // Whether a code is used up is for the one who judges it.
    again: true,
    field: 'code',
  },
  recovery: {
    make: (house) => createRecovery(house.deps, recoveryConfig.parse({})),
    async give(house, module, subject) {
      const enrolled = await house.enrol(module, subject, () => ({}));
      assert.ok(enrolled.ok);
      const code = enrolled.value.shownOnce?.[0];
      return { right: () => ({ code }), wrong: () => ({ code: '00000-00000' }) };
    },
    again: false,
    field: 'code',
  },
  pass: {
    make: (house) => createPass(house.deps),
    async give(house, _module, subject) {
      const box = await house.store.read((q) => house.vault.subject(q, subject));
      assert.ok(box);
      const issued = createPassIssuing(house.deps, passConfig.parse({})).issue(subject, box, {});
      assert.ok(issued.ok);
      await house.store.write((tx) => issued.value.commit(tx));
      const code = issued.value.shownOnce;
      return { right: () => ({ code }), wrong: () => ({ code: '0000-0000-0000-0000' }) };
    },
    again: false,
    field: 'code',
  },
};
