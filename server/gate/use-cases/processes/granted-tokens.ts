/**
 * What stands behind an access token: its grant, and whether that is still good. A grant ends by itself, when it is revoked, with the
 * session that it was given in, with its subject, with the process that uses it, and with the grant that it was exchanged for; each
 * of these counts at once, on every node, because it is asked here each time.
 */
import type { Claims } from '../../../authority/signing-keys.ts';
import { createBoundedMap } from '../../../kernel/bounded-map.ts';
import { type Clock, SECOND } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/id.ts';
import { createKept } from '../../../store/kept.ts';
import type { Footing, Queries } from '../../../store/store.ts';
import type { Processes } from '../../../subjects/processes.ts';
import { type Resource, siteAudience } from '../../../subjects/resource.ts';
import { resourceFooting } from '../../../subjects/resource-table.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { AccessTokens, Actor } from '../../entry/access-tokens.ts';
import type { Confirmation } from '../../entry/entering.ts';
import {
  type CheckedGrantRow,
  type GrantId,
  grantForCheck,
  ownGrantFooting,
  ownGrantForCheck,
} from '../../entry/grant-table.ts';

/** A token that is good now, with what it is good for. */
export interface LiveToken {
  readonly grant: GrantId;
  readonly subject: string;
  readonly client: string;
  readonly resource: Resource;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly confirmation: Confirmation | undefined;
  readonly act: Actor | undefined;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Of a person: how and when they signed in, where the token says so (RFC 9470). */
  readonly signIn: Readonly<Record<string, unknown>>;
}

export interface GrantedTokens {
  find(q: Queries, token: string): Promise<LiveToken | undefined>;
  /** Whether a grant is good now, with all that it hangs on. */
  isLive(q: Queries, grant: GrantId): Promise<boolean>;
}

/** How many exchanges may follow one another: each is a process that the one before trusts. */
export const DEEPEST = 4;

interface Chain {
  readonly row: CheckedGrantRow;
  /** By whom it was exchanged, the last first. */
  readonly act: Actor | undefined;
  /** When the first of it all ends. */
  readonly until: number;
  readonly resource: Resource;
}

const MOST_KEPT = 50_000;

/**
 * What a process was granted for itself rests on few tables, of which little ever changes: that others are granted something, that
 * people come and go, does not make anybody read it again.
 */
const OWN: Footing = {
  existing: [],
  rows: [...ownGrantFooting.rows, ...resourceFooting.rows],
  tables: [],
};

export function createGrantedTokens(deps: {
  readonly clock: Clock;
  readonly processes: Processes;
  readonly resources: Resources;
  readonly tokens: AccessTokens;
}): GrantedTokens {
  const { clock, processes, resources, tokens } = deps;
  const keptOwn = createKept<Chain>(MOST_KEPT, OWN);
  /** All others, until anything is committed. */
  const kept = createKept<Chain>(MOST_KEPT);
  /** Grants that are none of a process for itself, which they never become. */
  const notOwn = createBoundedMap<GrantId, true>(MOST_KEPT);

  /** All that it hangs on, in force but for the time; undefined when something is not. */
  async function readChain(q: Queries, grant: GrantId): Promise<Chain | undefined> {
    const row = await q.one(grantForCheck, { id: grant });
    const resource = row && (await resources.get(q, resourceIdOf(row)));
    if (row === undefined || resource === undefined) return undefined;
    let until = row.expires_at;
    const actors: string[] = [];
    for (let at: CheckedGrantRow | undefined = row; at !== undefined; ) {
      if (at.ended_at !== null || at.status !== 'active' || at.session_ended_at !== null) {
        return undefined;
      }
      // Void once policies would see someone else, until it is judged anew; an exchange goes by what it was exchanged for.
      if (at.kind !== 'exchange' && at.epoch !== at.subject_epoch) return undefined;
      until = Math.min(until, at.expires_at);
      if (at.kind !== 'exchange') break;
      actors.push(at.client_id);
      if (at.parent_id === null || actors.length > DEEPEST) return undefined;
      const actor = parseId<'process'>(at.client_id);
      const process = actor && (await processes.get(q, actor));
      // Nor does it outlast a change of the process that exchanged it: a key that was taken away, a listing that went.
      if (process?.status !== 'active' || process.epoch !== at.epoch) return undefined;
      at = await q.one(grantForCheck, { id: at.parent_id });
      if (at === undefined) return undefined;
    }
    return { row, act: actorsOf(actors), until, resource };
  }

  /** The same of what a process was granted for itself; undefined for any other, too. */
  async function readOwn(q: Queries, grant: GrantId): Promise<Chain | undefined> {
    const own = await q.one(ownGrantForCheck, { id: grant });
    const resource = own && (await resources.get(q, resourceIdOf(own)));
    if (own === undefined || resource === undefined) return undefined;
    if (own.ended_at !== null || own.status !== 'active') return undefined;
    // Void once policies would see someone else.
    if (own.epoch !== own.subject_epoch || own.session_id !== null) return undefined;
    const row: CheckedGrantRow = { ...own, session_ended_at: null };
    return { row, act: undefined, until: own.expires_at, resource };
  }

  function keptChain(q: Queries, grant: GrantId) {
    const known = notOwn.get(grant)
      ? undefined
      : keptOwn.of(q, grant, (own) => readOwn(own, grant));
    if (!(known instanceof Promise)) return known ?? otherChain(q, grant);
    return known.then((own) => own ?? otherChain(q, grant));
  }

  async function otherChain(q: Queries, grant: GrantId): Promise<Chain | undefined> {
    const chain = await kept.of(q, grant, () => readChain(q, grant));
    if (chain !== undefined && chain.row.kind !== 'process') notOwn.set(grant, true);
    return chain;
  }

  async function chainOf(q: Queries, grant: GrantId): Promise<Chain | undefined> {
    const chain = await keptChain(q, grant);
    return chain !== undefined && chain.until > clock.now() ? chain : undefined;
  }

  /** What a person gave an application is one grant, and its tokens are for APIs, each for the one that it names (RFC 9068 §3). */
  async function resourceOf(
    q: Queries,
    { resource }: Chain,
    claims: Claims | undefined,
  ): Promise<Resource | undefined> {
    if (resource.kind !== 'application' || typeof claims?.aud !== 'string') return resource;
    return resources.byAudience(q, claims.aud);
  }

  return {
    isLive: async (q, grant) => (await chainOf(q, grant)) !== undefined,

    async find(q, token) {
      const read = tokens.read(token, clock.now());
      const chain = read && (await chainOf(q, read.grant));
      if (read === undefined || chain === undefined) return undefined;
      const { row, act } = chain;
      const { claims } = read;
      const resource = await resourceOf(q, chain, claims);
      if (resource === undefined) return undefined;
      const about = {
        grant: row.id,
        client: row.client_id,
        resource,
        confirmation: confirmationOf(claims?.cnf ?? row.confirmation),
      };
      if (claims === undefined) {
        return {
          ...about,
          subject: row.subject_id,
          audience: audienceOf(resource),
          scopes: row.scopes === '' ? [] : row.scopes.split(' '),
          act,
          issuedAt: row.created_at,
          expiresAt: chain.until,
          signIn: {},
        };
      }
      const { sub, aud, scope, iat, exp, acr, amr, auth_time } = claims;
      const times = { issuedAt: Number(iat) * SECOND, expiresAt: Number(exp) * SECOND };
      return {
        ...about,
        ...times,
        subject: String(sub),
        audience: Array.isArray(aud) ? String(aud[0]) : String(aud),
        scopes: typeof scope === 'string' && scope !== '' ? scope.split(' ') : [],
        act,
        signIn: Object.fromEntries(
          Object.entries({ acr, amr, auth_time }).filter(([, value]) => value !== undefined),
        ),
      };
    },
  };
}

// Of a resource; the column is a text because policies and events name other things too.
const resourceIdOf = (row: Pick<CheckedGrantRow, 'resource_id'>) =>
  row.resource_id as Resource['id'];

export function audienceOf(resource: Resource): string {
  if (resource.kind === 'api') return resource.detail.audience;
  const [host] = resource.kind === 'site' ? resource.detail.hosts : [];
  return host === undefined ? resource.id : siteAudience(host);
}

/** In a row it is JSON; in a token it was. Both were written by us. */
function confirmationOf(value: unknown): Confirmation | undefined {
  if (value === null || value === undefined) return undefined;
  return (typeof value === 'string' ? JSON.parse(value) : value) as Confirmation;
}

function actorsOf(actors: readonly string[]): Actor | undefined {
  return actors.reduceRight<Actor | undefined>(
    (act, sub) => (act === undefined ? { sub } : { sub, act }),
    undefined,
  );
}
