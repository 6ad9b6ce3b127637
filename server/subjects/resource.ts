import type {
  ApiDetail,
  ApplicationDetail,
  Openness,
  SiteDetail,
} from '@sallyport/contract/resources.ts';
import type { ResourceId } from '../kernel/id.ts';
import type { ResourceRow } from './resource-table.ts';

interface AnyResource {
  readonly id: ResourceId;
  /** Unique, and plain: see PlainName in contract/processes.ts. */
  readonly name: string;
  readonly epoch: number;
  /** For policies: `resource in Group::"…"`. */
  readonly groups: readonly string[];
  readonly open: Openness;
  /** Groups of people who are listed, beside the processes that name it. */
  readonly members: readonly string[];
  readonly createdAt: number;
  readonly changedAt: number;
}

export type ResourceDetail =
  | { readonly kind: 'application'; readonly detail: ApplicationDetail }
  | { readonly kind: 'api'; readonly detail: ApiDetail }
  | { readonly kind: 'site'; readonly detail: SiteDetail };

/** Something that can be entered. */
export type Resource = AnyResource & ResourceDetail;

export function readResource(row: ResourceRow): Resource {
  return {
    // Written by us alone, from what the schemas of contract/resources.ts had read.
    ...({ kind: row.kind, detail: JSON.parse(row.detail) } as ResourceDetail),
    id: row.id,
    name: row.name,
    epoch: row.epoch,
    groups: JSON.parse(row.groups) as string[],
    open: row.open as Openness,
    members: JSON.parse(row.members) as string[],
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}

/** What it is found by: its audience, its hosts. Each of them leads to one resource. */
export function keysOf({ kind, detail }: ResourceDetail): string[] {
  if (kind === 'api') return [audienceKey(detail.audience)];
  if (kind !== 'site') return [];
  return detail.hosts.flatMap((host) => [hostKey(host), audienceKey(siteAudience(host))]);
}

/** What tokens for a site are asked for with: its origin. */
export const siteAudience = (host: string) => `https://${host}`;

export const audienceKey = (uri: string) => `audience ${uri}`;
export const hostKey = (host: string) => `host ${host}`;

/** The scopes that a process can be listed with: an API's scopes, a site's functions, and none at an application. */
export function scopesOf({ kind, detail }: ResourceDetail): readonly string[] {
  if (kind === 'api') return detail.scopes.map(({ name }) => name);
  return kind === 'site' ? [...new Set(detail.rules.map((rule) => rule.function))] : [];
}

/** Whether any of these scopes is sensitive; one that is unknown is taken to be. */
export function sensitiveAmong(
  { kind, detail }: ResourceDetail,
  scopes: readonly string[],
): boolean {
  if (kind !== 'api') return false;
  return scopes.some(
    (scope) => detail.scopes.find(({ name }) => name === scope)?.sensitive ?? true,
  );
}

/** Whether a process is listed for a resource with what it asks for: each scope, or the function of a site. */
export function isListed(
  resource: Pick<Resource, 'id' | 'kind'>,
  entries: readonly { readonly resource: ResourceId; readonly scopes: readonly string[] }[],
  asked: { readonly scopes: readonly string[]; readonly function?: string | undefined },
): boolean {
  const entry = entries.find((one) => one.resource === resource.id);
  // Applications are for people; one that proves itself is at home in itself, and nobody else is.
  if (entry === undefined || resource.kind === 'application') return false;
  if (resource.kind !== 'site') return asked.scopes.every((scope) => entry.scopes.includes(scope));
  // Listed for a site without a word about functions is listed for all of it.
  if (entry.scopes.length === 0) return asked.scopes.length === 0;
  const wanted = asked.function ? [...asked.scopes, asked.function] : asked.scopes;
  return wanted.length > 0 && wanted.every((scope) => entry.scopes.includes(scope));
}

/** Whether a person is: everyone is where it is open; else those in one of its groups of members. */
export function isMember(
  { open, members }: Pick<Resource, 'open' | 'members'>,
  groups: readonly string[],
): boolean {
  return open === 'everyone' || members.some((group) => groups.includes(group));
}
