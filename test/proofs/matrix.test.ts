/**
 * Every kind of proof through the same scenarios, by its module's own interface: whatever is true of proofs as such is tested
 * here and nowhere else. The kinds are in kinds.ts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { proofKinds } from '@sallyport/contract/proofs.ts';
import fc from 'fast-check';
import type { PersonId } from '../../server/kernel/id.ts';
import { removeAllHeld, removeHeld, renameHeld } from '../../server/proofs/held-proofs.ts';
import { computed } from '../support/computed.ts';
import { KINDS } from './kinds.ts';
import { openProofHouse, type ProofHouse } from './proof-house.ts';

let house: ProofHouse;
before(async () => {
  house = await openProofHouse('matrix');
});
after(() => house.close());

for (const kind of proofKinds) {
  const { make, give, again, field } = KINDS[kind];

  async function holder() {
    const module = make(house);
    const subject = await house.person();
    return { module, subject, held: await give(house, module, subject) };
  }

  describe(kind, () => {
    test('is what it says it is', async () => {
      const { module, subject } = await holder();
      const [row] = await house.held(subject);
      assert.equal(module.kind, kind);
      assert.equal(row?.kind, kind);
      assert.equal(module.describe().kind, kind);
      assert.equal(module.describe(row).kind, kind);
      assert.ok(module.describe().factors.length > 0);
    });

    test('right: proves, is spent once, and is seen to have been used', async () => {
      const { module, subject, held } = await holder();
      const moment = house.moment();
      const verdict = await house.verify(module, subject, held.right(moment), moment);
      assert.ok(verdict.sound);
      assert.equal(verdict.class.kind, kind);
      assert.equal(await house.spend(verdict), true);
      const [row] = await house.held(subject);
      assert.equal(row?.id, verdict.proof);
      assert.equal(row?.lastUsedAt, house.clock.now());
    });

    test('wrong: proves nothing and changes nothing', async () => {
      const { module, subject, held } = await holder();
      const before = await house.held(subject);
      const moment = house.moment();
      const verdict = await house.verify(module, subject, held.wrong(moment), moment);
      assert.equal(!verdict.sound && verdict.reason, 'wrong');
      assert.deepEqual(await house.held(subject), before);
    });

    test('used twice: only a secret that is known proves again', async () => {
      const { module, subject, held } = await holder();
      const moment = house.moment();
      const offer = held.right(moment);
      assert.equal(await house.spend(await house.verify(module, subject, offer, moment)), true);
      const second = await house.verify(module, subject, offer, house.moment());
      assert.equal(second.sound, again);
    });

    test('spent twice at once: the second of two verdicts finds that it came second', async () => {
      const { module, subject, held } = await holder();
      const moment = house.moment();
      const offer = held.right(moment);
      const first = await house.verify(module, subject, offer, moment);
      const second = await house.verify(module, subject, offer, moment);
      assert.equal(await house.spend(first), true);
      assert.equal(await house.spend(second), again);
    });

    test('a verdict that is never spent has changed nothing', async () => {
      const { module, subject, held } = await holder();
      const before = await house.held(subject);
      const moment = house.moment();
      assert.ok((await house.verify(module, subject, held.right(moment), moment)).sound);
      assert.deepEqual(await house.held(subject), before);
      assert.ok((await house.verify(module, subject, held.right(moment), moment)).sound);
    });

    test('a transaction that is undone leaves the proof unspent', async () => {
      const { module, subject, held } = await holder();
      const moment = house.moment();
      const verdict = await house.verify(module, subject, held.right(moment), moment);
      assert.ok(verdict.sound);
      const undone = house.store.write(async (tx) => {
        assert.equal(await verdict.spend(tx), true);
        throw new Error('undone');
      });
      await assert.rejects(undone, /undone/);
      assert.equal(await house.spend(verdict), true);
    });

    test('not held: the same answer for an account without it and for none', async () => {
      const { module, held } = await holder();
      const other = await house.person();
      const moment = house.moment();
      const offer = held.right(moment);
      const answers = [
        await house.verify(module, other, offer, moment),
        await house.verify(module, undefined, offer, moment),
      ];
      for (const answer of answers) assert.equal(!answer.sound && answer.reason, 'not-held');
      assert.deepEqual(answers[0], answers[1]);
    });

    test('removed or erased between its check and its use: not accepted', async () => {
      for (const remove of [true, false]) {
        const { module, subject, held } = await holder();
        const moment = house.moment();
        const verdict = await house.verify(module, subject, held.right(moment), moment);
        assert.ok(verdict.sound);
        const { proof } = verdict;
        await house.store.write(async (tx) => {
          if (remove) assert.equal(await removeHeld(tx, subject, proof), true);
          else assert.equal(await removeAllHeld(tx, subject), 1);
        });
        assert.equal(await house.spend(verdict), false);
        const later = await house.verify(module, subject, held.right(moment), moment);
        assert.equal(!later.sound && later.reason, 'not-held');
      }
    });

    test('with the key of its owner destroyed it proves nothing', async () => {
      const { module, subject, held } = await holder();
      const rows = await house.held(subject);
      const moment = house.moment();
      const verdict = await house.store.read((q) =>
        module.verify(q, rows, undefined, held.right(moment), moment),
      );
      assert.equal(!verdict.sound && verdict.reason, 'not-held');
    });

    test('moved into the row of another person it does not open', async () => {
      const { module, subject, held } = await holder();
      const other = await house.person();
      const [row] = await house.held(subject);
      assert.ok(row);
      const box = await house.store.read((q) => house.vault.subject(q, other));
      const moment = house.moment();
      await assert.rejects(
        house.store.read((q) =>
          module.verify(q, [{ ...row, subject: other }], box, held.right(moment), moment),
        ),
        { name: 'Fault' },
      );
    });

    test('malformed offers of every type are told as such, whoever they are for', async () => {
      const { module, subject } = await holder();
      const nested = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
      const values = [
        undefined,
        null,
        true,
        0,
        -1,
        1e308,
        Number.NaN,
        '',
        'text',
        [],
        [[]],
        {},
        nested,
        10n,
        Symbol('s'),
        () => 'f',
        new Date(0),
        new Map(),
      ];
      const offers = [
        ...values,
        ...values.map((value) => ({ [field]: value })),
        { [field]: [field] },
        { [field]: { toString: null } },
      ];
      for (const offer of offers) {
        // A text is a password, whatever it says; everything else is none.
        if (kind === 'password' && typeof (offer as { password?: unknown })?.password === 'string')
          continue;
        // So is what a server elsewhere is asked about: it may want a word.
        if (kind === 'upstream' && (offer as { code?: unknown })?.code === 'text') continue;
        for (const who of [subject, undefined]) {
          const verdict = await house.verify(module, who, offer);
          assert.equal(!verdict.sound && verdict.reason, 'malformed');
        }
      }
    });

    test('no offer whatever makes it throw, or proves', async () => {
      const { module, subject } = await holder();
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.anything(),
            fc.record({ [field]: fc.anything() }),
            fc.record({ [field]: fc.string() }),
          ),
          async (offer) => {
            assert.equal((await house.verify(module, subject, offer)).sound, false);
            await module.identify?.({ one: async () => undefined, all: async () => [] }, offer);
          },
        ),
        { numRuns: 60 },
      );
    });

    test('huge offers are refused without work', async () => {
      const { module, subject, held } = await holder();
      const huge = 'A'.repeat(5_000_000);
      const right = held.right(house.moment()) as Record<string, unknown>; // Every right offer is an object.
      const offers = [
        { [field]: huge },
        { ...right, [field]: huge },
        { ...right, response: { ...(right.response ?? {}), clientDataJSON: huge } },
        { ...right, id: huge, rawId: huge, [field]: huge },
      ];
      const started = computed();
      for (const offer of offers)
        assert.equal((await house.verify(module, subject, offer)).sound, false);
      assert.ok(computed() - started < 1000);
    });

    test('accessors and prototypes in an offer do no harm', async () => {
      const { module, subject } = await holder();
      const offers = [
        JSON.parse(`{"__proto__": {"${field}": "x"}}`),
        JSON.parse(`{"constructor": {"prototype": {"${field}": "x"}}}`),
        Object.create({ [field]: 5 }),
      ];
      for (const offer of offers) {
        assert.equal((await house.verify(module, subject, offer)).sound, false);
      }
    });

    test('the challenge is the same for an unknown account as for any, and holds no secret', async () => {
      const { module } = await holder();
      const moment = house.moment();
      assert.deepEqual(module.challenge([], moment), module.challenge([], moment));
      assert.equal(module.challenge([], moment).kind, kind);
      assert.doesNotThrow(() => JSON.stringify(module.challenge([], moment)));
    });

    test('an enrolment takes no state or answer of whatever form that it did not ask for', async () => {
      const module = make(house);
      const subject = await house.person();
      const states = ['', '{}', 'null', '[]', 'x', '{"key":5}'].map((text) =>
        new TextEncoder().encode(text),
      );
      for (const state of [...states, Uint8Array.of(0xff, 0xfe)]) {
        const finished = await module.finishEnrolment(await house.enrolling(subject), state, {
          code: '000000',
          password: 'a rather long passphrase',
        });
        assert.equal(finished.ok, false);
      }
      const begun = await module.beginEnrolment(await house.enrolling(subject), undefined);
      if (!begun.ok) return;
      for (const answer of [
        5,
        'x',
        [1],
        { surprise: true },
        { code: {} },
        { password: [] },
        { response: 5 },
      ]) {
        const finished = await module.finishEnrolment(
          await house.enrolling(subject),
          begun.value.state,
          answer,
        );
        assert.equal(finished.ok, false, JSON.stringify(answer));
      }
      assert.deepEqual(await house.held(subject), []);
    });

    test('it is renamed by its owner alone', async () => {
      const { subject } = await holder();
      const [row] = await house.held(subject);
      assert.ok(row);
      const other = await house.person();
      const rename = (who: PersonId) =>
        house.store.write((tx) => renameHeld(tx, who, row.id, 'Mine'));
      assert.equal(await rename(other), false);
      assert.equal((await house.held(subject))[0]?.name, row.name);
      assert.equal(await rename(subject), true);
      assert.equal((await house.held(subject))[0]?.name, 'Mine');
    });

    test('given again, it stands beside the first or in its place, as it says', async () => {
      const { module, subject } = await holder();
      await give(house, module, subject);
      assert.equal((await house.held(subject)).length, module.most > 1 ? 2 : 1);
    });
  });
}
