/**
 * People for benches: real rows, written by the rooms' own statements in bulk. Everyone has the same password, and an
 * authenticator app whose key follows from their number, so that nothing about a person has to be kept.
 */
import { hash } from 'node:crypto';
import { utf8 } from '../../server/kernel/bytes.ts';
import type { Ids, PersonId } from '../../server/kernel/id.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { addHeld, putOnly, sealedPlace } from '../../server/proofs/held-proofs.ts';
import { type Argon2Cost, hashPassword } from '../../server/proofs/password/argon2id.ts';
import type { ProofId } from '../../server/proofs/proof.ts';
import { codeText, otpKey } from '../../server/proofs/totp/hotp.ts';
import type { Tx } from '../../server/store/store.ts';
import { IDENTIFIER_INDEX } from '../../server/subjects/identifier.ts';
import { sealProfile } from '../../server/subjects/person.ts';
import { insertIdentifier, insertSubject } from '../../server/subjects/subject-table.ts';
import type { Vault } from '../../server/vault/vault.ts';
import type { BenchHouse } from './bench-house.ts';

export const PASSWORD = 'correct horse battery staple';
export const ARGON2: Argon2Cost = { memory: 19_456, passes: 2, lanes: 1 };

const PERIOD = 30_000;
const TOGETHER = 500;

export interface BenchPerson {
  readonly number: number;
  readonly id: PersonId;
  readonly password: ProofId;
}

export const nameOf = (number: number) => `person-${number}`;

/** A source address for each, so that nobody is slowed down for their neighbours. */
export const addressOf = (number: number) =>
  `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;

function totpKey(number: number): Uint8Array {
  return hash('sha1', `authenticator of ${number}`, 'buffer');
}

/** What a person's app shows at a time. */
export function codeAt(number: number, now: number): string {
  return codeText(otpKey(totpKey(number), 'SHA1', 6).code(Math.floor(now / PERIOD)), 6);
}

export async function addPeople(
  { house, store }: BenchHouse,
  from: number,
  count: number,
  options: { readonly argon2?: Argon2Cost; readonly onAdded?: (count: number) => void } = {},
): Promise<BenchPerson[]> {
  const phc = utf8(await hashPassword(systemRandom(), options.argon2 ?? ARGON2, PASSWORD));
  const added: BenchPerson[] = [];
  for (let at = from; at < from + count; at += TOGETHER) {
    const numbers = Array.from({ length: Math.min(TOGETHER, from + count - at) }, (_, i) => at + i);
    added.push(
      ...(await store.write((tx) =>
        Promise.all(numbers.map((number) => addPerson(tx, house, number, phc))),
      )),
    );
    options.onAdded?.(numbers.length);
  }
  return added;
}

async function addPerson(
  tx: Tx,
  { ids, vault }: { readonly ids: Ids; readonly vault: Vault },
  number: number,
  phc: Uint8Array,
): Promise<BenchPerson> {
  const id = ids.next<'person'>();
  const now = 1_700_000_000_000;
  const box = await vault.createSubjectKey(tx, id);
  const identifier = nameOf(number);
  const email = `${identifier}@example.com`;
  const row = { owner_id: null, epoch: 1, roles: '[]', groups: '[]', created_at: now };
  const profile = sealProfile(box, id, { identifier, displayName: identifier, email });
  await tx.run(insertSubject, {
    ...row,
    id,
    kind: 'person',
    status: 'active',
    profile,
    changed_at: now,
  });
  for (const name of [identifier, email]) {
    const lookup = vault.blindIndex(IDENTIFIER_INDEX, name);
    await tx.run(insertIdentifier, { lookup, subject: id });
  }
  const common = { subject: id, createdAt: now, counter: 0 };
  const password = ids.next<'proof'>();
  await putOnly(tx, {
    ...common,
    id: password,
    kind: 'password',
    name: 'Password',
    detail: '{"algorithm":"argon2id"}',
    sealed: box.seal(sealedPlace(password), phc),
  });
  const totp = ids.next<'proof'>();
  await addHeld(
    tx,
    {
      ...common,
      id: totp,
      kind: 'totp',
      name: 'Authenticator app',
      detail: JSON.stringify({ algorithm: 'SHA1', digits: 6, drift: 0, lean: 0 }),
      sealed: box.seal(sealedPlace(totp), totpKey(number)),
    },
    null,
  );
  return { number, id, password };
}
