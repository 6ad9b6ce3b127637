/**
 * What becomes of access tokens after they were given out: whoever an API is asks whether one is good (RFC 7662), whoever holds one
 * gives it back (RFC 7009), and everyone can read which grants ended before their tokens did.
 */
import { LONGEST_LIFE } from '../../../authority/signing-key-life.ts';
import type { Claims, SigningKeys } from '../../../authority/signing-keys.ts';
import { type Clock, MINUTE, SECOND } from '../../../kernel/clock.ts';
import type { ProcessId } from '../../../kernel/id.ts';
import { spendOnce } from '../../../proofs/spent-table.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import type { Process } from '../../../subjects/process.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Resources } from '../../../subjects/resources.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import type { Entering } from '../../entry/enter.ts';
import type { BoundKey, Confirmation, Entry, EntryRefusedReason } from '../../entry/entering.ts';
import { endGrant, type GrantId, grantForCheck } from '../../entry/grant-table.ts';
import type { Recognising } from '../../entry/recognise.ts';
import type { NoteRefusedToken } from '../../throttles/token-refusals.ts';
import type { AppTokens } from '../apps/app-tokens.ts';
import {
  endedThemselves,
  endedWithSession,
  endedWithSubject,
  exchangedGrants,
} from './ended-table.ts';
import type { GrantedTokens, LiveToken } from './granted-tokens.ts';
import { INTROSPECT } from './token-exchange.ts';

/** Whoever asks: by their own proof, or by a token that they were given for being that API. */
export type Asker =
  | { readonly by: 'proof'; readonly entry: Omit<Entry, 'resource' | 'scopes'> }
  | {
      readonly by: 'token';
      readonly token: string;
      /** What came with it: a key whose possession was checked, a certificate of the connection. */
      readonly shown: readonly Confirmation[];
      readonly key: BoundKey | undefined;
    };

export type Introspected =
  | { readonly state: 'answered'; readonly claims: Claims | undefined }
  | {
      readonly state: 'refused';
      readonly reason: EntryRefusedReason | 'token';
      readonly retryAt?: number;
    };

export type Revoked =
  | { readonly state: 'done' }
  | { readonly state: 'refused'; readonly reason: EntryRefusedReason; readonly retryAt?: number };

export interface TokenStates {
  introspect(token: string, asker: Asker, arrival: Arrival): Promise<Introspected>;
  revoke(
    token: string,
    entry: Omit<Entry, 'resource' | 'scopes'>,
    arrival: Arrival,
  ): Promise<Revoked>;
  /** By an application that can keep no secret: whoever holds its token may give it back (RFC 7009 §2.1, §5). */
  revokeOfPublic(token: string, client: string, arrival: Arrival): Promise<RevokedOfPublic>;
  /** A signed list of grants that ended while their tokens may still live. */
  ended(): Promise<string>;
}

export type RevokedOfPublic =
  /** To be told to pages of the application's own addresses. */
  | { readonly state: 'done'; readonly redirectUris: readonly string[] }
  | { readonly state: 'refused'; readonly reason: 'wrong' };

/** A list is made again when it is older than this and someone asks. */
const LIST_FRESH = 2 * SECOND;
const LIST_LIFE = 5 * MINUTE;

export function createTokenStates(deps: {
  readonly enter: Entering;
  readonly recognise: Recognising;
  readonly refusedToken: NoteRefusedToken;
  readonly store: Store;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
  readonly processes: Processes;
  readonly resources: Pick<Resources, 'find'>;
  readonly granted: GrantedTokens;
  readonly appTokens: AppTokens;
  readonly signing: SigningKeys;
  readonly issuer: () => string;
}): TokenStates {
  const { enter, recognise, store, record, counter, clock, processes, granted, signing, issuer } =
    deps;
  let list: { readonly at: number; readonly text: Promise<string> } | undefined;

  /** What is asked about, and whether it is more than its holder's to ask about. */
  async function askedAbout(q: Queries, token: string) {
    const live = await granted.find(q, token);
    if (live !== undefined) return { use: 'access', live } as const;
    return deps.appTokens.find(q, token);
  }

  async function refuseToken(own: LiveToken | undefined, arrival: Arrival): Promise<Introspected> {
    const shown = own && {
      grant: own.grant,
      process: own.client as ProcessId, // Each client is a process, or an application that has its id.
      resource: { kind: own.resource.kind, id: own.resource.id },
    };
    const retryAt = await deps.refusedToken(shown, arrival);
    return retryAt === undefined
      ? { state: 'refused', reason: 'token' }
      : { state: 'refused', reason: 'throttled', retryAt };
  }

  async function introspectByToken(
    token: string,
    asker: Asker & { by: 'token' },
    arrival: Arrival,
  ): Promise<Introspected> {
    const { own, asked } = await store.read(async (q) => ({
      own: await granted.find(q, asker.token),
      asked: await askedAbout(q, token),
    }));
    if (own === undefined || !isOfApi(own) || !isHeld(own, asker.shown)) {
      return refuseToken(own, arrival);
    }
    const once = asker.key?.once;
    if (once !== undefined && !(await store.write((tx) => spendOnce(tx, once)))) {
      return refuseToken(own, arrival);
    }
    const { kind, id } = own.resource;
    counter.count({
      type: 'decision.counted',
      outcome: 'granted',
      subject: own.client as ProcessId, // As `isOfApi` has seen.
      door: arrival.door,
      action: 'enter',
      resource: { kind, id },
    });
    // The token of another API is nobody's here.
    const seen = asked?.use === 'access' && asked.live.resource.id === id ? asked : undefined;
    return { state: 'answered', claims: seen && claimsOf(seen, issuer()) };
  }

  async function introspectByProof(
    token: string,
    entry: Omit<Entry, 'resource' | 'scopes'>,
    arrival: Arrival,
  ): Promise<Introspected> {
    const { asked, caller } = await store.read(async (q) => ({
      asked: await askedAbout(q, token),
      caller: entry.as === undefined ? undefined : await processes.find(q, entry.as),
    }));
    const resource = introspectable(caller, asked);
    if (resource === undefined) {
      // Not for the caller to see, unless they hold it: then it is theirs to ask about.
      const { as, offers } = entry;
      const known = await recognise({ as, offers }, arrival);
      if (known.state === 'refused') return known;
      const held = asked?.live.client === known.process.id ? asked : undefined;
      return { state: 'answered', claims: held && claimsOf(held, issuer()) };
    }
    const target = { id: resource };
    const outcome = await enter(
      { ...entry, resource: target, scopes: [INTROSPECT] },
      arrival,
      async () => {},
    );
    if (outcome.state === 'refused') return outcome;
    return { state: 'answered', claims: asked && claimsOf(asked, issuer()) };
  }

  async function endByHolder(
    tx: Tx,
    grant: GrantId,
    process: ProcessId,
    arrival: Arrival,
  ): Promise<void> {
    const row = await tx.one(grantForCheck, { id: grant });
    if (row === undefined || row.client_id !== process) return;
    if ((await tx.run(endGrant, { id: grant, now: clock.now() })) !== 1) return;
    await record.append(tx, {
      type: 'token.revoked',
      outcome: 'done',
      ...byArrival(arrival),
      actor: process,
      subject: row.subject_id,
      data: { token: grant },
    });
  }

  async function readEnded(q: Queries, since: number, now: number): Promise<Set<string>> {
    const span = { since, now };
    const found = await Promise.all([
      q.all(endedThemselves, { since }),
      q.all(endedWithSession, span),
      q.all(endedWithSubject, span),
    ]);
    const ended = new Set<string>(found.flat().map(({ id }) => id));
    // In the order of their ids, so what was exchanged comes after what it was exchanged for.
    for (const exchanged of await q.all(exchangedGrants, { now })) {
      const { id, parent_id, status, epoch, actor_epoch } = exchanged;
      const alone = status === 'active' && epoch === actor_epoch;
      if (!alone || (parent_id !== null && ended.has(parent_id))) ended.add(id);
    }
    return ended;
  }

  async function writeList(): Promise<string> {
    await signing.ready();
    const now = clock.now();
    const since = now - LONGEST_LIFE;
    const ended = await store.read((q) => readEnded(q, since, now));
    return signing.sign(
      'ES256',
      { typ: 'statuslist+jwt' },
      {
        iss: issuer(),
        iat: Math.floor(now / SECOND),
        exp: Math.floor((now + LIST_LIFE) / SECOND),
        since: Math.floor(since / SECOND),
        ended: [...ended],
      },
    );
  }

  return {
    async introspect(token, asker, arrival) {
      await signing.ready();
      return asker.by === 'token'
        ? introspectByToken(token, asker, arrival)
        : introspectByProof(token, asker.entry, arrival);
    },

    async revoke(token, entry, arrival) {
      await signing.ready();
      // What it holds it may give back, wherever it may enter by now.
      const outcome = await recognise({ as: entry.as, offers: entry.offers }, arrival);
      if (outcome.state === 'refused') return outcome;
      const live = await store.read((q) => granted.find(q, token));
      if (live !== undefined) {
        await store.write((tx) => endByHolder(tx, live.grant, outcome.process.id, arrival));
      }
      return { state: 'done' };
    },

    async revokeOfPublic(token, client, arrival) {
      await signing.ready();
      const found = await store.read((q) => deps.resources.find(q, client));
      // Who can prove who they are has to.
      if (
        found?.kind !== 'application' ||
        found.id !== client ||
        found.detail.clientAuth !== 'none'
      ) {
        return { state: 'refused', reason: 'wrong' };
      }
      const live = await store.read((q) => granted.find(q, token));
      const holder = found.id as string as ProcessId; // What a grant calls its client.
      if (live !== undefined) {
        await store.write((tx) => endByHolder(tx, live.grant, holder, arrival));
      }
      return { state: 'done', redirectUris: found.detail.redirectUris };
    },

    ended() {
      const now = clock.now();
      if (list === undefined || list.at + LIST_FRESH <= now) {
        const text = writeList();
        list = { at: now, text };
        text.catch(() => {
          list = undefined;
        });
      }
      return list.text;
    },
  };
}

type Asked = NonNullable<Awaited<ReturnType<AppTokens['find']>>>;

/** The API of a token, where the caller is that API. */
function introspectable(caller: Process | undefined, asked: Asked | undefined) {
  // What a token is refreshed with is shown to no API.
  if (asked?.use !== 'access') return undefined;
  const own = caller?.entries.find(
    ({ resource, scopes }) => resource === asked.live.resource.id && scopes.includes(INTROSPECT),
  );
  return own?.resource;
}

/** Given to a process for itself: what it was given for someone else is no word of its own. */
function isOfApi({ subject, client, act, scopes }: LiveToken): boolean {
  return subject === client && act === undefined && scopes.includes(INTROSPECT);
}

/** Whether what a token is bound to came with it; a token that is bound to nothing asks for nothing. */
function isHeld({ confirmation }: LiveToken, shown: readonly Confirmation[]): boolean {
  if (confirmation === undefined) return true;
  const wanted = JSON.stringify(confirmation);
  return shown.some((each) => JSON.stringify(each) === wanted);
}

/** RFC 7662 §2.2, RFC 9449 §6.2, RFC 8705 §3.2, RFC 9470 §6.2. */
function claimsOf({ use, live: token }: Asked, issuer: string): Claims {
  const { confirmation, act } = token;
  const type = confirmation !== undefined && 'jkt' in confirmation ? 'DPoP' : 'Bearer';
  return {
    active: true,
    scope: token.scopes.join(' '),
    client_id: token.client,
    ...(use === 'access' ? { token_type: type } : {}),
    exp: Math.floor(token.expiresAt / SECOND),
    iat: Math.floor(token.issuedAt / SECOND),
    sub: token.subject,
    aud: token.audience,
    iss: issuer,
    jti: token.grant,
    ...(confirmation === undefined ? {} : { cnf: confirmation }),
    ...(act === undefined ? {} : { act }),
    ...token.signIn,
  };
}
