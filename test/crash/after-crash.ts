/**
 * What must be so after a crash, looked at in a house opened on what the dead process left: nothing that was acknowledged is
 * lost, nothing is half done, what was good once is not good again, and the record verifies as it was found.
 */
import assert from 'node:assert/strict';
import { idTime, type PersonId } from '../../server/kernel/id.ts';
import { listHeld } from '../../server/proofs/held-proofs.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { recordHead } from '../../server/record/head.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { tables } from '../../server/store/statement.ts';
import type { FolderHouse } from '../support/folder-house.ts';
import { challenged, PASSWORD } from '../support/people.ts';
import type { Claim, Code, Known } from './journal.ts';
import { codeName } from './world.ts';

const t = tables<{
  record_event: { id: string; type: string; leaf: Uint8Array };
  session: { id: string; kind: string; created_at: number };
}>();
const eventsSince = t.statement((db, p: { from: string }) =>
  db.selectFrom('record_event').selectAll().where('id', '>=', p.from).orderBy('id'),
);
const sessionsSince = t.statement((db, p: { from: number }) =>
  db.selectFrom('session').select(['id', 'kind']).where('created_at', '>=', p.from),
);

/** The least id of a time (RFC 9562 §5.7). */
function firstId(time: number): string {
  const hex = time.toString(16).padStart(12, '0');
  const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
  assert.equal(idTime(id as never), time);
  return id;
}

export async function recordIsSound({ house, kept }: FolderHouse): Promise<void> {
  const note = await kept.read();
  const verified = await verifyRecord(databaseSource(house.store), {
    checkpoints: note === undefined ? [] : [note],
  });
  assert.equal(verified.state, 'sound', JSON.stringify(verified));
  if (verified.state !== 'sound') return;
  // A log that had to begin anew would mean that a checkpoint was signed of what the database does not hold.
  assert.deepEqual(verified.remarks, []);
  assert.ok(verified.logs.length <= 1);
}

/** Checks all that is known; gives what is known from now on. */
export async function checkAll(
  folder: FolderHouse,
  known: Known,
  began: number,
): Promise<Map<string, Claim>> {
  await recordIsSound(folder);
  await nothingIsHalfDone(folder, began);
  const events = await folder.house.store.read((q) => q.all(eventsSince, { from: firstId(began) }));
  const leaves = events.map(({ type, leaf }) => ({ type, text: Buffer.from(leaf).toString() }));
  const next = new Map<string, Claim>();
  let replays = 0;
  for (const claim of known.claims.values()) {
    if (claim.is === 'on record') {
      const said = [`"${claim.key}"`, `:${claim.key},`, `:${claim.key}}`];
      const found = leaves.some(
        ({ type, text }) => type === claim.type && said.some((each) => text.includes(each)),
      );
      assert.ok(found, `${claim.type} of ${claim.key} was acknowledged and is not on record`);
    } else {
      // Trying a code again costs a sign-in: the newest are tried, and the older were when they were the newest.
      if ('code' in claim && claim.is !== 'good' && ++replays > 12) continue;
      await holds(folder, claim);
      if (claim.is !== 'over' && claim.is !== 'used' && claim.is !== 'void') {
        next.set(claim.about, claim);
      }
    }
  }
  for (const [about, before] of known.doubts) {
    const after = await resolve(folder, about, before);
    if (after !== undefined) next.set(about, after);
  }
  return next;
}

async function holds(folder: FolderHouse, claim: Exclude<Claim, { is: 'on record' }>) {
  const { store, gate, people, policies, vault } = folder.house;
  const what = JSON.stringify(claim);
  switch (claim.is) {
    case 'live':
    case 'ended': {
      const session = await store.read((q) => gate.sessions.check(q, claim.session));
      assert.equal(session !== undefined, claim.is === 'live', what);
      return;
    }
    case 'used':
    case 'void':
      assert.equal(await tryCode(folder, claim.code), 'refused', what);
      return;
    case 'good':
      return;
    case 'over': {
      const again = await gate.prove(claim.attempt, claim.offer, folder.arrival());
      assert.deepEqual(again, { state: 'refused', reason: 'attempt-over' }, what);
      return;
    }
    case 'held':
    case 'removed': {
      const held = await store.read((q) => listHeld(q, claim.person as PersonId));
      assert.equal(
        held.some(({ id }) => id === claim.proof),
        claim.is === 'held',
        what,
      );
      return;
    }
    case 'active':
    case 'enrolling':
    case 'erased': {
      const id = claim.person as PersonId;
      const person = await store.read((q) => people.get(q, id));
      assert.equal(person?.status, claim.is, what);
      const box = await store.read((q) => vault.subject(q, id));
      assert.equal(box === undefined, claim.is === 'erased', what);
      return;
    }
    case 'at least': {
      if (claim.what === 'policy') {
        const active = await store.read((q) => policies.current(q));
        assert.ok(active.version >= claim.version && active.fault === undefined, what);
      } else {
        const { ring } = await store.read((q) => vault.status(q));
        assert.ok((ring[0]?.version ?? 0) >= claim.version, what);
      }
    }
  }
}

/** It may or may not have happened; but either wholly or not at all, and not twice. */
async function resolve(
  folder: FolderHouse,
  about: string,
  before: Claim | undefined,
): Promise<Claim | undefined> {
  const { store, gate, people } = folder.house;
  if (before !== undefined && 'session' in before) {
    const session = await store.read((q) => gate.sessions.check(q, before.session));
    return { ...before, is: session === undefined ? 'ended' : 'live' };
  }
  if (before !== undefined && 'code' in before) {
    // Good or used, it is used after this.
    await tryCode(folder, before.code);
    assert.equal(await tryCode(folder, before.code), 'refused', `${about} was good twice`);
    return undefined;
  }
  if (before !== undefined && 'person' in before && !('proof' in before)) {
    const id = before.person as PersonId;
    const person = await store.read((q) => people.get(q, id));
    assert.ok(person);
    const { status } = person;
    assert.ok(status === before.is || status === 'erased' || status === 'active', status);
    return { about, person: before.person, is: status as 'active' };
  }
  const [kind, identifier, code] = about.split(' ');
  if (kind === 'totp' && identifier !== undefined && code !== undefined) {
    await tryCode(folder, { kind, identifier, code });
    assert.equal(await tryCode(folder, { kind, identifier, code }), 'refused', about);
  }
  return undefined;
}

/** Signs in, or comes in, with a code. */
export async function tryCode(folder: FolderHouse, code: Code): Promise<string> {
  const { gate } = folder.house;
  const arrival = folder.arrival();
  const { identifier } = code;
  const offer = { kind: code.kind, data: { code: code.code } } as const;
  const asked = await gate.ask(
    code.kind === 'pass' ? { to: 'enrol', who: { identifier } } : { to: 'signIn', identifier },
    arrival,
  );
  const { token } = challenged(asked);
  if (code.kind !== 'pass') {
    const password = { kind: 'password', data: { password: PASSWORD } } as const;
    challenged(await gate.prove(token, password, arrival));
  }
  return (await gate.prove(token, offer, arrival)).state;
}

/** A session and the event of its grant are one transaction: neither is there without the other. */
async function nothingIsHalfDone({ house }: FolderHouse, began: number): Promise<void> {
  const from = firstId(began);
  const events = await house.store.read((q) => q.all(eventsSince, { from }));
  const sessions = await house.store.read((q) => q.all(sessionsSince, { from: began }));
  const granted = new Set<string>();
  for (const { type, leaf } of events) {
    if (type !== 'signin.granted' && type !== 'stepup.granted' && type !== 'session.started') {
      continue;
    }
    const { session } = JSON.parse(Buffer.from(leaf).toString()) as { session: string };
    granted.add(session);
  }
  assert.deepEqual(sessions.map(({ id }) => id).sort(), [...granted].sort());
}

/** One code that was acknowledged as good, of each kind, is good once. */
export async function spendSome(folder: FolderHouse, known: Map<string, Claim>): Promise<void> {
  for (const kind of ['recovery', 'pass'] as const) {
    const claim = [...known.values()].find((each) => each.is === 'good' && each.code.kind === kind);
    if (claim === undefined || !('code' in claim)) continue;
    assert.equal(await tryCode(folder, claim.code), 'granted', `${claim.about} is good`);
    assert.equal(await tryCode(folder, claim.code), 'refused', `${claim.about} is good once`);
    known.delete(codeName(claim.code));
  }
}

/** Whoever comes next takes up what was left: the rotation ends, every event gets its place, every profile opens. */
export async function takesUp(folder: FolderHouse, people: readonly { id: string }[]) {
  const { house } = folder;
  const resumed = await house.vault.rotation.resume();
  assert.ok(['finished', 'nothing'].includes(resumed.state), JSON.stringify(resumed));
  const status = await house.store.read((q) => house.vault.status(q));
  assert.equal(status.rotating, false);
  for (const { id } of people) {
    const person = await house.store.read((q) => house.people.get(q, id as PersonId));
    assert.ok(person && (await house.store.read((q) => house.people.profile(q, person))));
  }
  assert.equal(await house.sequencer.settle(), true);
  const head = await house.store.read(recordHead);
  assert.equal(head?.unsequenced, 0);
  await house.sequencer.stop();
}
