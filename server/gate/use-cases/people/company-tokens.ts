/**
 * What a person is called at the upstream RADIUS server whose codes are a proof here (Duo, SafeNet, RSA). People who are called there
 * what they are called here set it up themselves; of all others an administrator says it. A new name takes the place of the one before,
 * and what rested on that ends.
 */

import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, type Result } from '../../../kernel/result.ts';
import { listHeld, removeHeld } from '../../../proofs/held-proofs.ts';
import type { EnrolmentError, HeldProof } from '../../../proofs/proof.ts';
import type { UpstreamModule } from '../../../proofs/upstream/upstream.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Vault } from '../../../vault/vault.ts';
import type { Arrival } from '../../arrival.ts';
import { endAwayGrantsBy } from '../../entry/grant-table.ts';
import type { Gate, Performed } from '../../gate.ts';
import { holdAlone } from '../../holding-table.ts';
import { endLogInsOf } from '../../network/log-in-endings.ts';
import { endOtherSessions, NO_SESSION } from '../../sessions/session-table.ts';
import { wishAbout } from '../../wishes.ts';
import { NOT_FOUND } from '../answered.ts';

export type CompanyTokenProblem =
  | { readonly code: 'not-found' }
  | { readonly code: EnrolmentError['code'] };

export interface CompanyTokens {
  /** Not judged. */
  assignIn(
    tx: Tx,
    person: PersonId,
    account: string,
    by: By,
  ): Promise<Result<HeldProof, CompanyTokenProblem>>;
  /** By those whom policy lets. */
  assign(
    token: string,
    person: PersonId,
    account: string,
    arrival: Arrival,
  ): Promise<Performed<HeldProof, CompanyTokenProblem>>;
}

export interface CompanyTokensDeps {
  readonly gate: Gate;
  readonly people: People;
  readonly vault: Pick<Vault, 'subject'>;
  readonly upstream: Pick<UpstreamModule, 'assign'>;
  readonly record: Recorder;
  readonly clock: Clock;
}

export function createCompanyTokens(deps: CompanyTokensDeps): CompanyTokens {
  const { gate, people, vault, upstream, record, clock } = deps;

  async function assignIn(tx: Tx, subject: PersonId, account: string, by: By) {
    tx.put(holdAlone, { id: subject });
    const box = await vault.subject(tx, subject);
    if ((await people.get(tx, subject)) === undefined || box === undefined)
      return failed(NOT_FOUND);
    const held = await listHeld(tx, subject);
    const before = held.find(({ kind }) => kind === 'upstream');
    const others = held.filter((one) => one !== before);
    const ready = upstream.assign({ subject, held: others, box }, account, clock.now());
    if (!ready.ok) return failed({ code: ready.error.code });
    if (before !== undefined) {
      await removeHeld(tx, subject, before.id);
      const now = clock.now();
      await tx.run(endAwayGrantsBy, { subject, proof: `%"${before.id}"%`, now });
      await tx.run(endOtherSessions, { subject, except: NO_SESSION, now });
      await endLogInsOf(tx, deps, { subject, proof: before.id }, by);
      const data = { proof: before.id, kind: 'upstream' } as const;
      await record.append(tx, { type: 'proof.removed', outcome: 'done', subject, ...by, data });
    }
    const done = await ready.value.commit(tx);
    if (!done.ok) return failed({ code: done.error.code });
    const { proof } = done.value;
    const data = { proof, kind: 'upstream', detail: 'assigned by an administrator' } as const;
    await record.append(tx, { type: 'proof.enrolled', outcome: 'done', subject, ...by, data });
    const made = (await listHeld(tx, subject)).find(({ id }) => id === proof);
    return made === undefined ? failed(NOT_FOUND) : ({ ok: true, value: made } as const);
  }

  return {
    assignIn,
    assign: (token, id, account, arrival) =>
      gate.perform<HeldProof, CompanyTokenProblem>(
        token,
        wishAbout(people, 'upstream.assign', id),
        arrival,
        (tx, { by }) => assignIn(tx, id, account, by),
      ),
  };
}
