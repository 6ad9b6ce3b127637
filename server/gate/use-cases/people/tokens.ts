/** Tokens for scripts: issued by an administrator, for some actions and a time, and never more than their owner may do. */

import { type Clock, DAY } from '../../../kernel/clock.ts';
import type { Ids, PersonId } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { type Action, type ActionGroup, actionGroups, isAction } from '../../../policy/actions.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import { holdShared } from '../../holding-table.ts';
import { insertSession, type SessionId } from '../../sessions/session-table.ts';
import { mintToken } from '../../sessions/token.ts';

export interface TokenTerms {
  readonly owner: PersonId;
  readonly scope: readonly string[];
  /** Milliseconds. */
  readonly lifetime: number;
}

export interface IssuedToken {
  readonly id: SessionId;
  /** Shown once. */
  readonly token: string;
  readonly expiresAt: number;
}

export type TokenError =
  | { readonly code: 'not-found' }
  | { readonly code: 'unknown-scope'; readonly scope: string }
  | { readonly code: 'too-long-lived'; readonly longest: number };

export interface Tokens {
  issue(tx: Tx, terms: TokenTerms, by: By): Promise<Result<IssuedToken, TokenError>>;
}

/** Tokens are a stopgap for scripts without keys of their own, so they do not last. */
const LONGEST = DAY;

function isScope(text: string): text is Action | ActionGroup {
  return isAction(text) || actionGroups.some((group) => group === text);
}

export function createTokens(deps: {
  people: People;
  record: Recorder;
  clock: Clock;
  random: Random;
  ids: Ids;
}): Tokens {
  const { people, record, clock, random, ids } = deps;
  return {
    async issue(tx, { owner, scope, lifetime }, by) {
      const unknown = scope.find((text) => !isScope(text));
      if (unknown !== undefined) return failed({ code: 'unknown-scope', scope: unknown });
      if (lifetime > LONGEST) return failed({ code: 'too-long-lived', longest: LONGEST });
      tx.put(holdShared, { id: owner });
      const person = await people.get(tx, owner);
      if (person === undefined || person.status !== 'active') return failed({ code: 'not-found' });
      const { id, text, hash } = mintToken('token', ids, random);
      const now = clock.now();
      const expiresAt = now + lifetime;
      await tx.run(insertSession, {
        id,
        secret_hash: hash,
        subject_id: owner,
        kind: 'token',
        door: 'api',
        device_id: null,
        device_known: 0,
        shown: '[]',
        scope: JSON.stringify(scope),
        about: null,
        created_at: now,
        seen_at: now,
        idle_limit: lifetime,
        expires_at: expiresAt,
        bindable: 0,
        bound_key: null,
        bound_at: null,
        bound_end: expiresAt,
        ended_at: null,
      });
      await record.append(tx, {
        type: 'token.issued',
        outcome: 'done',
        subject: owner,
        ...by,
        data: { token: id, scope: [...scope], until: expiresAt },
      });
      return ok({ id, token: text, expiresAt });
    },
  };
}
