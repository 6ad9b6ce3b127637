/**
 * What a process may have in exchange for a token that it was called with (RFC 8693).
 *
 * An exchange never widens anything. The new token lives no longer than the old one and ends with it; its scopes are among
 * those of the old one and among what the process itself, and the one that it acts for, may do there by policy; only who the
 * old token was meant for, or given to, may exchange it; and the chain of those who act is bounded and told (`act`).
 */
import type { ProcessId } from '../../../kernel/id.ts';
import type { Queries } from '../../../store/store.ts';
import type { Process } from '../../../subjects/process.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Resource } from '../../../subjects/resource.ts';
import type { Actor } from '../../entry/access-tokens.ts';
import type { Entry, OnBehalfOf } from '../../entry/entering.ts';
import { type GrantId, grantForCheck } from '../../entry/grant-table.ts';
import { readShown } from '../../shown.ts';
import { DEEPEST, type GrantedTokens, type LiveToken } from './granted-tokens.ts';

export interface TokenAsked extends Omit<Entry, 'resource' | 'forToken' | 'onBehalfOf'> {
  /** Of the API; undefined when the process means the only one that it may enter. */
  readonly audience: string | undefined;
}

export interface ExchangeAsked extends TokenAsked {
  readonly subjectToken: string;
}

/** For whom a process acts, and by what. */
export interface Delegation {
  readonly parent: LiveToken;
  readonly subject: OnBehalfOf;
  readonly depth: number;
}

/** Whoever is listed for an API with this scope is that API. */
export const INTROSPECT = 'introspect';

export function createDelegate({
  processes,
  granted,
}: {
  readonly processes: Pick<Processes, 'find' | 'get'>;
  readonly granted: Pick<GrantedTokens, 'find'>;
}) {
  /** The process that a token was first given to, and what it showed for it; undefined where that was a person. */
  async function subjectBehind(q: Queries, grant: GrantId) {
    let row = await q.one(grantForCheck, { id: grant });
    for (let up = 0; row?.kind === 'exchange' && row.parent_id !== null && up <= DEEPEST; up++) {
      row = await q.one(grantForCheck, { id: row.parent_id });
    }
    if (row?.kind !== 'process') return undefined;
    const process = await processes.get(q, row.subject_id as ProcessId); // As the kind says.
    return process && { process, proofs: readShown(row.proofs) };
  }

  /** Why it may have nothing; or how far it may act. */
  return async function delegate(
    q: Queries,
    asked: ExchangeAsked,
    target: Resource,
  ): Promise<
    | 'bad-subject'
    | 'scope'
    | { readonly delegation: Delegation; readonly scopes: readonly string[] }
  > {
    const parent = await granted.find(q, asked.subjectToken);
    const actor = asked.as === undefined ? undefined : await processes.find(q, asked.as);
    const subject = parent && (await subjectBehind(q, parent.grant));
    if (parent === undefined || actor === undefined || subject === undefined) return 'bad-subject';
    const depth = depthOf(parent.act) + 1;
    if (!mayExchange(actor, parent) || depth > DEEPEST) return 'bad-subject';
    const within = asked.scopes.length === 0 ? parent.scopes : asked.scopes;
    if (!within.every((scope) => parent.scopes.includes(scope))) return 'scope';
    const both = [actor, subject.process];
    const scopes =
      asked.scopes.length > 0
        ? within
        : both.reduce((left, who) => common(target, who, left), within);
    if (scopes.length === 0) return 'scope';
    const onBehalfOf = { process: subject.process.id, proofs: subject.proofs };
    return { delegation: { parent, subject: onBehalfOf, depth }, scopes };
  };
}

/** A token is for whom it was given to, and for the API that it was shown to. */
function mayExchange(actor: Process, parent: LiveToken): boolean {
  if (parent.client === actor.id) return true;
  return actor.entries.some(
    ({ resource, scopes }) => resource === parent.resource.id && scopes.includes(INTROSPECT),
  );
}

/** Those of the old token that the process has there too. */
function common(target: Resource, actor: Process, scopes: readonly string[]): readonly string[] {
  const entry = actor.entries.find(({ resource }) => resource === target.id);
  return scopes.filter((scope) => entry?.scopes.includes(scope));
}

function depthOf(act: Actor | undefined): number {
  let depth = 0;
  for (let at = act; at !== undefined; at = at.act) depth += 1;
  return depth;
}

/** RFC 8693 §4.1: whoever acted before stands within. */
export function actorOf(sub: ProcessId, act: Actor | undefined): Actor {
  return act === undefined ? { sub } : { sub, act };
}
