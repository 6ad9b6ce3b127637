/** Temporary passes: given to a person who has no proof yet, or none any more. */

import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { PassError, PassIssuing, PassTerms } from '../../../proofs/pass/issue-pass.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Vault } from '../../../vault/vault.ts';
import { holdAlone } from '../../holding-table.ts';
import { endEnrolmentSessionsOf } from '../../sessions/session-table.ts';

export interface IssuedPass {
  readonly person: PersonId;
  /** To be typed in, with the person's name. Shown once. */
  readonly code: string;
  /** What a link carries: whom it is for and the code. */
  readonly link: string;
  readonly expiresAt: number;
  readonly uses: number;
  readonly networks: readonly string[];
}

export type IssueError = PassError | { readonly code: 'not-found' };

export interface Passes {
  issue(
    tx: Tx,
    person: PersonId,
    terms: PassTerms & { readonly purpose?: 'pass' | 'link' },
    by: By,
  ): Promise<Result<IssuedPass, IssueError>>;
  revoke(tx: Tx, person: PersonId, by: By): Promise<Result<void, { code: 'not-found' }>>;
}

export function createPasses(deps: {
  people: People;
  vault: Vault;
  record: Recorder;
  issuing: PassIssuing;
  clock: Clock;
}): Passes {
  const { people, vault, record, issuing, clock } = deps;
  return {
    async issue(tx, id, { purpose = 'pass', ...terms }, by) {
      tx.put(holdAlone, { id });
      const person = await people.get(tx, id);
      const box = await vault.subject(tx, id);
      const able = person?.status === 'active' || person?.status === 'enrolling';
      if (!able || box === undefined) return failed({ code: 'not-found' });
      const pass = issuing.issue(id, box, terms);
      if (!pass.ok) return pass;
      const { proof, shownOnce: code, expiresAt, uses, networks } = pass.value;
      await pass.value.commit(tx);
      await tx.run(endEnrolmentSessionsOf, { subject: id, now: clock.now() });
      await record.append(tx, {
        type: 'pass.issued',
        outcome: 'done',
        subject: id,
        ...by,
        data: { pass: proof, purpose, uses, until: expiresAt, networks: [...networks] },
      });
      return ok({ person: id, code, link: `${id}.${code}`, expiresAt, uses, networks });
    },

    async revoke(tx, id, by) {
      tx.put(holdAlone, { id });
      if (!(await issuing.revoke(tx, id))) return failed({ code: 'not-found' });
      await tx.run(endEnrolmentSessionsOf, { subject: id, now: clock.now() });
      await record.append(tx, {
        type: 'pass.revoked',
        outcome: 'done',
        subject: id,
        ...by,
        data: { pass: 'all' },
      });
      return ok(undefined);
    },
  };
}
