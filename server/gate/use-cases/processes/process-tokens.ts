/**
 * What processes ask for themselves: a token by their own proof (RFC 6749 §4.4, RFC 7523 §2.1), and one in exchange for a token that
 * they were called with (RFC 8693, token-exchange.ts). Each is an entry: `gate.enter` judges it, and what is granted is written in its transaction.
 */
import type { ApiDetail } from '@sallyport/contract/resources.ts';
import { SECOND } from '../../../kernel/clock.ts';
import { Fault } from '../../../kernel/fault.ts';
import type { SubjectId } from '../../../kernel/id.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Resource } from '../../../subjects/resource.ts';
import type { Resources } from '../../../subjects/resources.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import type { AccessTokens, Actor } from '../../entry/access-tokens.ts';
import type { Entering } from '../../entry/enter.ts';
import type { Entered, Entry, EntryRefusedReason, EntryTarget } from '../../entry/entering.ts';
import { grantForCheck, insertGrant } from '../../entry/grant-table.ts';
import { createWriteShown } from '../../shown.ts';
import { audienceOf, type GrantedTokens, type LiveToken } from './granted-tokens.ts';
import {
  actorOf,
  createDelegate,
  type Delegation,
  type ExchangeAsked,
  type TokenAsked,
} from './token-exchange.ts';

export type { TokenAsked } from './token-exchange.ts';

export interface IssuedToken {
  readonly token: string;
  readonly type: 'Bearer' | 'DPoP';
  /** Seconds. */
  readonly lifetime: number;
  readonly scopes: readonly string[];
}

/**
 * Besides the gate's own: `bad-subject`: the token that was to be exchanged is none that this process may exchange.
 */
export type NoToken = EntryRefusedReason | 'bad-subject';

export type TokenOutcome =
  | { readonly state: 'issued'; readonly issued: IssuedToken }
  | { readonly state: 'refused'; readonly reason: NoToken; readonly retryAt?: number };

export interface ProcessTokens {
  issue(asked: TokenAsked, arrival: Arrival): Promise<TokenOutcome>;
  exchange(asked: ExchangeAsked, arrival: Arrival): Promise<TokenOutcome>;
}

/** Nothing is called by these: to enter one shows who comes, and grants nothing. */
const NOWHERE: EntryTarget = { audience: '' };

export function createProcessTokens(deps: {
  readonly enter: Entering;
  readonly store: Store;
  readonly record: Recorder;
  readonly processes: Processes;
  readonly resources: Resources;
  readonly tokens: AccessTokens;
  readonly granted: GrantedTokens;
  /** Await before anything is signed. */
  readonly ready: () => Promise<void>;
}): ProcessTokens {
  const { enter, store, record, processes, resources, tokens, granted, ready } = deps;

  const delegate = createDelegate({ processes, granted });
  const writeShown = createWriteShown();

  async function targetOf(q: Queries, { audience, as }: TokenAsked): Promise<Resource | undefined> {
    if (audience !== undefined) return resources.byAudience(q, audience);
    const process = as === undefined ? undefined : await processes.find(q, as);
    const apis: Resource[] = [];
    for (const { resource } of process?.entries ?? []) {
      const found = await resources.get(q, resource);
      if (found?.kind === 'api') apis.push(found);
    }
    return apis.length === 1 ? apis[0] : undefined;
  }

  function issuedFor(
    entered: Entered,
    delegation: Delegation | undefined,
  ): { issued: IssuedToken; write: (tx: Tx) => Promise<void> } {
    const { grant, process, resource, scopes, proofs, confirmation, until, now } = entered;
    const terms = termsOf(resource);
    if (terms === undefined) throw new Fault('gate', 'a token is for an API or a site');
    const longest = now + terms.tokenSeconds * SECOND;
    // A certificate whose time is over opens nothing, and what it opened is not to go on without it.
    const expiresAt = Math.min(longest, delegation?.parent.expiresAt ?? longest, until ?? longest);
    const parent = delegation?.parent;
    const subject = parent?.subject ?? process.id;
    const act: Actor | undefined = parent && actorOf(process.id, parent.act);
    const facts = {
      grant,
      subject,
      client: process.id,
      audience: audienceOf(resource),
      scopes,
      confirmation,
      act,
      issuedAt: now,
      expiresAt,
    };
    const token = terms.tokenFormat === 'jwt' ? tokens.jwt(facts) : tokens.opaque(grant);
    return {
      issued: {
        token,
        type: confirmation !== undefined && 'jkt' in confirmation ? 'DPoP' : 'Bearer',
        lifetime: Math.floor(expiresAt / SECOND) - Math.floor(now / SECOND),
        scopes,
      },
      async write(tx) {
        tx.put(insertGrant, {
          id: grant,
          kind: parent === undefined ? 'process' : 'exchange',
          subject_id: parent === undefined ? process.id : await subjectOf(tx, parent),
          epoch: process.epoch,
          client_id: process.id,
          resource_id: resource.id,
          scopes: scopes.join(' '),
          proofs: writeShown(proofs),
          confirmation: confirmation === undefined ? null : JSON.stringify(confirmation),
          parent_id: parent?.grant ?? null,
          session_id: null,
          created_at: now,
          expires_at: expiresAt,
          ended_at: null,
        });
      },
    };
  }

  /** Whose grant it is: a token may call a person otherwise than we do (pairwise subjects). */
  async function subjectOf(tx: Tx, { grant }: LiveToken): Promise<SubjectId> {
    const row = await tx.one(grantForCheck, { id: grant });
    if (row === undefined) throw new Fault('gate', `the grant ${grant} is not there any more`);
    return row.subject_id;
  }

  function enterFor(
    asked: TokenAsked,
    target: EntryTarget,
    arrival: Arrival,
    delegation: Delegation | undefined,
  ): Promise<TokenOutcome> {
    const { as, offers, scopes, bound } = asked;
    const entry: Entry = {
      as,
      offers,
      scopes,
      bound,
      resource: target,
      forToken: true,
      onBehalfOf: delegation?.subject,
    };
    return enter(entry, arrival, async (tx, entered) => {
      const { issued, write } = issuedFor(entered, delegation);
      await write(tx);
      if (delegation !== undefined) await noteExchange(tx, entered, delegation, arrival);
      return issued;
    }).then((outcome) =>
      outcome.state === 'granted' ? { state: 'issued', issued: outcome.value } : outcome,
    );
  }

  async function noteExchange(
    tx: Tx,
    { grant, process, resource, scopes }: Entered,
    { parent, depth }: Delegation,
    arrival: Arrival,
  ): Promise<void> {
    await record.append(tx, {
      type: 'token.exchanged',
      outcome: 'granted',
      ...byArrival(arrival),
      actor: process.id,
      subject: await subjectOf(tx, parent),
      data: {
        grant,
        parent: parent.grant,
        resource: { kind: resource.kind, id: resource.id },
        scopes: [...scopes],
        depth,
      },
    });
  }

  /** Who is told that the thing asked for is wrong has first shown who they are. */
  async function refuseTo(
    asked: TokenAsked,
    reason: NoToken,
    arrival: Arrival,
  ): Promise<TokenOutcome> {
    const { as, offers, bound } = asked;
    const outcome = await enter(
      { as, offers, bound, scopes: [], resource: NOWHERE },
      arrival,
      never,
    );
    if (outcome.state === 'granted' || outcome.reason !== 'no-such-resource') {
      return outcome.state === 'granted' ? { state: 'refused', reason } : outcome;
    }
    return { state: 'refused', reason };
  }

  async function prepared(
    asked: TokenAsked,
    arrival: Arrival,
  ): Promise<{ readonly target: Resource } | { readonly refused: TokenOutcome }> {
    await ready();
    const target = await store.read((q) => targetOf(q, asked));
    return target === undefined || termsOf(target) === undefined
      ? { refused: await refuseTo(asked, 'no-such-resource', arrival) }
      : { target };
  }

  return {
    async issue(asked, arrival) {
      const { audience } = asked;
      if (audience !== undefined) {
        await ready();
        // By its name each time: to whom that leads is for the gate to see, which keeps what it found for as long as it is so.
        return enterFor(asked, { audience }, arrival, undefined);
      }
      const found = await prepared(asked, arrival);
      if ('refused' in found) return found.refused;
      return enterFor(asked, { id: found.target.id }, arrival, undefined);
    },

    async exchange(asked, arrival) {
      const found = await prepared(asked, arrival);
      if ('refused' in found) return found.refused;
      const delegated = await store.read((q) => delegate(q, asked, found.target));
      if (typeof delegated === 'string') return refuseTo(asked, delegated, arrival);
      const { delegation, scopes } = delegated;
      return enterFor({ ...asked, scopes }, { id: found.target.id }, arrival, delegation);
    },
  };
}

type Terms = Pick<ApiDetail, 'tokenFormat' | 'tokenSeconds' | 'boundTokens'>;

/** Sites have none of their own: tokens for them are read by the proxy door alone. */
const AT_SITES: Terms = { tokenFormat: 'jwt', tokenSeconds: 300, boundTokens: false };

function termsOf(resource: Resource): Terms | undefined {
  if (resource.kind === 'api') return resource.detail;
  return resource.kind === 'site' ? AT_SITES : undefined;
}

const never = async () => undefined;
