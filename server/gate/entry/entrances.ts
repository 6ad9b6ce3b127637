/** What is to be entered, found: the resource, and for a site what its rules say of that page. */
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { EntryContext } from '../../policy/request.ts';
import type { Queries } from '../../store/store.ts';
import { whenCommitted } from '../../store/when-committed.ts';
import {
  isListed,
  isMember,
  type Resource,
  scopesOf,
  sensitiveAmong,
} from '../../subjects/resource.ts';
import type { Resources } from '../../subjects/resources.ts';
import { readSitePath } from '../../subjects/site-path.ts';
import { readSiteRules, type SiteRules } from '../../subjects/site-rules.ts';
import type { Arrival } from '../arrival.ts';
import type { EntryTarget } from './entering.ts';

/** A resource at the place where it is to be entered. */
export interface Entrance {
  readonly resource: Resource;
  /** What the site's rule calls it; '' where there is none. */
  readonly function: string;
  readonly method: string;
  /** Whether the rule says that it is. */
  readonly sensitive: boolean;
  /** Anyone may, whoever they are: nobody need be asked who they are. */
  readonly public: boolean;
}

export type NoEntrance = 'no-such-resource' | 'not-permitted';

export interface Entrances {
  find(q: Queries, target: EntryTarget, arrival: Arrival): Promise<Result<Entrance, NoEntrance>>;
}

const MOST_KEPT = 1000;

export function createEntrances(resources: Resources): Entrances {
  const known = createBoundedMap<string, { readonly epoch: number; readonly rules: SiteRules }>(
    MOST_KEPT,
  );

  function rulesOf(q: Queries, { id, epoch, detail }: Resource & { kind: 'site' }): SiteRules {
    const kept = known.get(id);
    if (kept?.epoch === epoch) return kept.rules;
    const rules = readSiteRules(detail.rules);
    whenCommitted(q, () => known.set(id, { epoch, rules }));
    return rules;
  }

  function findResource(q: Queries, target: EntryTarget): Promise<Resource | undefined> {
    if ('audience' in target) return resources.byAudience(q, target.audience);
    return 'id' in target ? resources.get(q, target.id) : resources.byHost(q, target.host);
  }

  return {
    async find(q, target, arrival) {
      const resource = await findResource(q, target);
      if (resource === undefined) return failed('no-such-resource');
      if (!('host' in target)) {
        const whole = { function: '', method: '', sensitive: false, public: false };
        return ok({ resource, ...whole });
      }
      if (resource.kind !== 'site') return failed('no-such-resource');
      const { method } = target;
      const path = readSitePath(target.path);
      if (!path.ok) return failed('not-permitted');
      const rule = rulesOf(q, resource).find({
        method,
        address: arrival.address,
        path: path.value,
      });
      if (!rule.ok) return failed('not-permitted');
      const { function: name, sensitive, public: isPublic } = rule.value;
      return ok({ resource, function: name, method, sensitive, public: isPublic });
    },
  };
}

const MOST_SCOPES = 64;

/** Which scopes are asked for, in the order of the resource; none where one of them is not the resource's. */
export function scopesAsked(
  { resource }: Entrance,
  asked: readonly string[],
): readonly string[] | undefined {
  if (asked.length > MOST_SCOPES) return undefined;
  // What an application may be told of a person is between the two of them.
  if (resource.kind === 'application') return [...new Set(asked)];
  const known = scopesOf(resource);
  if (!asked.every((scope) => known.includes(scope))) return undefined;
  return known.filter((scope) => asked.includes(scope));
}

type Listed = Parameters<typeof isListed>[1];

/** What a process gets that asks for nothing in particular: what it is listed for, without what is sensitive. */
export function usualScopes({ resource }: Entrance, entries: Listed): readonly string[] {
  const listed = entries.find((entry) => entry.resource === resource.id)?.scopes ?? [];
  // Of a site they are its functions, and what is sensitive is asked at each use.
  if (resource.kind === 'site') return listed;
  if (resource.kind !== 'api') return [];
  return scopesOf(resource).filter(
    (scope) => listed.includes(scope) && !sensitiveAmong(resource, [scope]),
  );
}

/** What policies are told of an entry. */
export function contextOf(
  entrance: Entrance,
  scopes: readonly string[],
  who: { readonly id: string; readonly entries: Listed } | { readonly groups: readonly string[] },
): EntryContext {
  const { resource, function: name, method } = entrance;
  return {
    scopes,
    sensitive: entrance.sensitive || sensitiveAmong(resource, scopes),
    listed:
      'entries' in who
        ? // An application is at home in itself: they share an id.
          who.id === (resource.id as string) ||
          isListed(resource, who.entries, { scopes, function: name })
        : isMember(resource, who.groups),
    function: name,
    method,
  };
}
