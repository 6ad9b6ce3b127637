/** What is true of every kind of proof of a process. A new kind adds its line to process-kinds.ts. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR } from '../../server/kernel/clock.ts';
import type { ProcessId } from '../../server/kernel/id.ts';
import { failed } from '../../server/kernel/result.ts';
import { listProcessProofs, removeProcessProof } from '../../server/proofs/process-held.ts';
import type {
  ProcessProofModule,
  ProcessProofModules,
  ProcessVerdict,
} from '../../server/proofs/process-proof.ts';
import { modulesOf, processKinds } from './process-kinds.ts';
import { openProofHouse, type ProofHouse } from './proof-house.ts';

const CLIENT = 'billing';

for (const { kind, once, make } of processKinds) {
  describe(`a proof of a process: ${kind}`, () => {
    let house: ProofHouse;
    let modules: ProcessProofModules;
    let module: ProcessProofModule;
    before(async () => {
      house = await openProofHouse(`process ${kind}`);
      modules = modulesOf(house, async () => failed({ why: 'no', retryAt: 0 }));
      module = modules[kind];
    });
    after(() => house.close());

    const anyone = () => house.ids.next<'process'>();

    async function add(
      process: ProcessId,
      settings: unknown,
      times: { notBefore?: number; expiresAt?: number } = {},
    ) {
      return house.store.write(async (tx) => {
        const held = await listProcessProofs(tx, process);
        return module.add(tx, { process, name: 'one', held, settings, ...times });
      });
    }

    async function show(process: ProcessId, data: unknown): Promise<ProcessVerdict> {
      const held = await house.store.read((q) => listProcessProofs(q, process));
      const moment = {
        now: house.clock.now(),
        claimed: CLIENT,
        process: { id: process, name: CLIENT },
      };
      return module.verify(held, data, moment);
    }

    async function held(times = {}) {
      const process = anyone();
      const one = make(house.clock);
      const added = await add(process, one.settings, times);
      assert.ok(added.ok, JSON.stringify(added));
      const shown = () => one.show(CLIENT, added.value.shownOnce ?? []);
      return { process, shown, proof: added.value.proof, expiresAt: added.value.expiresAt };
    }

    const reasonOf = (verdict: ProcessVerdict) => (verdict.sound ? 'sound' : verdict.reason);

    it('is sound when it is shown rightly, and worth what its kind is', async () => {
      const { process, shown, proof } = await held();
      const verdict = await show(process, shown());
      assert.ok(verdict.sound, JSON.stringify(verdict));
      assert.equal(verdict.proof, proof);
      assert.equal(verdict.class.kind, kind);
      assert.deepEqual(verdict.class.factors, ['have']);
      const [row] = await house.store.read((q) => listProcessProofs(q, process));
      assert.deepEqual(module.describe(row), verdict.class);
    });

    it('can be spent as often as its worth says', async () => {
      const { process, shown } = await held();
      const data = shown();
      const spend = async () => {
        const verdict = await show(process, data);
        assert.ok(verdict.sound);
        return house.store.write((tx) => verdict.spend(tx));
      };
      assert.deepEqual([await spend(), await spend()], [true, !once]);
    });

    it('is worth nothing for who does not hold it', async () => {
      const { shown } = await held();
      const other = await held();
      assert.notEqual(reasonOf(await show(other.process, shown())), 'sound');
      assert.notEqual(reasonOf(await show(anyone(), shown())), 'sound');
    });

    it('is worth nothing once it is removed', async () => {
      const { process, shown, proof } = await held();
      assert.ok((await show(process, shown())).sound);
      assert.ok(await house.store.write((tx) => removeProcessProof(tx, process, proof)));
      assert.notEqual(reasonOf(await show(process, shown())), 'sound');
    });

    it('is good from its first moment to its last', async () => {
      const now = house.clock.now();
      const { process, shown } = await held({ notBefore: now + HOUR, expiresAt: now + 2 * HOUR });
      assert.equal(reasonOf(await show(process, shown())), 'expired');
      house.clock.advance(HOUR);
      assert.equal(reasonOf(await show(process, shown())), 'sound');
      house.clock.advance(HOUR);
      assert.equal(reasonOf(await show(process, shown())), 'expired');
    });

    it('can’t be held from after its end, or under a name that is none', async () => {
      const process = anyone();
      const { settings } = make(house.clock);
      const now = house.clock.now();
      const never = await add(process, settings, { expiresAt: now - 1 });
      assert.equal(!never.ok && never.error.code, 'not-allowed');
      const nameless = await house.store.write((tx) =>
        module.add(tx, { process, name: '\u202e', held: [], settings }),
      );
      assert.equal(!nameless.ok && nameless.error.code, 'malformed');
    });

    it('is held as often as the kind allows, and what has expired takes no place', async () => {
      const process = anyone();
      const until = { expiresAt: house.clock.now() + DAY };
      for (let i = 0; i < module.most; i++) {
        assert.ok((await add(process, make(house.clock).settings, until)).ok, `number ${i}`);
      }
      const more = await add(process, make(house.clock).settings);
      assert.equal(!more.ok && more.error.code, 'too-many');
      house.clock.advance(DAY);
      assert.ok((await add(process, make(house.clock).settings)).ok);
    });

    it('shows nothing of what it is checked with that must not be seen', async () => {
      const process = anyone();
      const one = make(house.clock);
      const added = await add(process, one.settings);
      assert.ok(added.ok);
      const [row] = await house.store.read((q) => listProcessProofs(q, process));
      assert.ok(row);
      const text = JSON.stringify(module.shown(row));
      const { of } = JSON.parse(row.detail) as { of: { hash?: string } }; // As every kind is framed.
      if (of.hash !== undefined) assert.ok(!text.includes(of.hash));
      for (const secret of added.value.shownOnce ?? []) {
        assert.ok(!text.includes(secret) && !row.detail.includes(secret.slice(4)));
      }
    });

    it('refuses anything else without throwing', async () => {
      const { process, shown } = await held();
      await fc.assert(
        fc.asyncProperty(fc.anything(), async (data) => {
          assert.notEqual(reasonOf(await show(process, data)), 'sound');
          module.claims(data);
        }),
        { numRuns: 200 },
      );
      const right = Object.entries(shown() as Record<string, unknown>)[0];
      assert.ok(right);
      const [field, value] = right;
      await fc.assert(
        fc.asyncProperty(fc.anything(), async (more) => {
          const data = { [field]: value, more };
          assert.notEqual(reasonOf(await show(process, data)), 'sound');
        }),
        { numRuns: 50 },
      );
    });

    it('refuses settings of any other form without throwing', async () => {
      if (kind === 'secret') return; // It has none.
      await fc.assert(
        fc.asyncProperty(fc.anything(), async (settings) => {
          assert.ok(!(await add(anyone(), settings)).ok);
        }),
        { numRuns: 200 },
      );
    });

    it('refuses what differs from the right one by one character', async () => {
      const { process, shown } = await held();
      const [field, value] = Object.entries(shown() as Record<string, unknown>)[0] ?? ['', ''];
      const text = typeof value === 'string' ? value : '';
      const bytes = value instanceof Uint8Array ? value : undefined;
      const length = bytes?.length ?? text.length;
      await fc.assert(
        fc.asyncProperty(fc.nat(length - 1), fc.integer({ min: 1, max: 63 }), async (at, by) => {
          if (bytes !== undefined) {
            const changed = Uint8Array.from(bytes);
            changed[at] = (changed[at] ?? 0) ^ by;
            assert.notEqual(reasonOf(await show(process, { [field]: changed })), 'sound');
            return;
          }
          const other = String.fromCharCode(text.charCodeAt(at) ^ by);
          const changed = text.slice(0, at) + other + text.slice(at + 1);
          assert.notEqual(reasonOf(await show(process, { [field]: changed })), 'sound');
        }),
        { numRuns: 300 },
      );
    });
  });
}
