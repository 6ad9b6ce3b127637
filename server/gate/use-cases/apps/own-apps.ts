/** The applications that a person lets act for them, as they find them on their own page: what each may do, and an end of it. */
import type { Clock } from '../../../kernel/clock.ts';
import { type PersonId, parseId, type ResourceId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries } from '../../../store/store.ts';
import type { Resource } from '../../../subjects/resource.ts';
import { titleOf } from '../../../subjects/resource-title.ts';
import type { Resources } from '../../../subjects/resources.ts';
import { endGrantsAt, liveGrantsOf } from '../../entry/grant-table.ts';
import type { Gate } from '../../gate.ts';
import { holdAlone } from '../../holding-table.ts';
import { PORTAL, READ_SELF, type Wish } from '../../wish.ts';
import { NOT_FOUND } from '../answered.ts';
import { appState, deleteAppState } from './app-state-table.ts';
import { keyOf } from './app-states.ts';
import type { Application, Apps, OwnApp } from './app-words.ts';
import { apisIn } from './granted-words.ts';

const TAKE_BACK: Wish = { action: 'revokeOwnSession', resource: PORTAL };

export function applicationOf(found: Resource | undefined): Application | undefined {
  if (found?.kind !== 'application') return undefined;
  const { id, name, detail } = found;
  return { id, name, title: titleOf(found), detail };
}

/** Of what a person said yes to, the name. */
export const consentId = (person: PersonId, app: ResourceId) => `${person} ${app}`;

export function createOwnApps({
  gate,
  resources,
  record,
  clock,
}: {
  readonly gate: Pick<Gate, 'read' | 'perform'>;
  readonly resources: Pick<Resources, 'get' | 'byAudience'>;
  readonly record: Recorder;
  readonly clock: Clock;
}): Pick<Apps, 'list' | 'revoke'> {
  /** What scopes of APIs let one do, in the words that each API has for them. */
  async function saidOf(q: Queries, words: string): Promise<string[]> {
    const said: string[] = [];
    for (const [audience, scopes] of apisIn(words)) {
      const api = await resources.byAudience(q, audience);
      if (api?.kind !== 'api') continue;
      const says = api.detail.scopes.filter(({ name }) => scopes.includes(name));
      said.push(...says.map(({ says }) => says));
      if (scopes.length === 0) said.push(`Come in as you at ${titleOf(api)}`);
    }
    return said;
  }

  return {
    list: (token, arrival) =>
      gate.read(token, READ_SELF, arrival, async (q, { subject }) => {
        const found = new Map<ResourceId, OwnApp>();
        for (const row of await q.all(liveGrantsOf, { subject, now: clock.now() })) {
          if (row.kind !== 'person') continue;
          const app = applicationOf(await resources.get(q, row.resource_id as ResourceId)); // Of that table.
          if (app === undefined) continue;
          const state = await q.one(appState, { key: keyOf('Grant', row.id) });
          const before = found.get(app.id);
          found.set(app.id, {
            id: app.id,
            title: app.title,
            since: Math.min(row.created_at, before?.since ?? row.created_at),
            lastUsedAt: Math.max(state?.used_at ?? row.created_at, before?.lastUsedAt ?? 0),
            offline: row.session_id === null || before?.offline === true,
            may: [...new Set([...(before?.may ?? []), ...(await saidOf(q, row.scopes))])],
          });
        }
        return [...found.values()].sort((a, b) => b.lastUsedAt - a.lastUsedAt);
      }),

    revoke: (token, id, arrival) =>
      gate.perform(token, TAKE_BACK, arrival, async (tx, { session, by }) => {
        const app = parseId<'resource'>(id);
        if (app === undefined) return failed(NOT_FOUND);
        const { subject } = session;
        tx.put(holdAlone, { id: subject });
        const grants = await tx.run(endGrantsAt, { subject, client: app, now: clock.now() });
        const consents = await tx.run(deleteAppState, {
          key: keyOf('Consent', consentId(subject, app)),
        });
        if (grants + consents === 0) return failed(NOT_FOUND);
        await record.append(tx, {
          type: 'app.revoked',
          outcome: 'done',
          subject,
          ...by,
          reason: 'asked',
          data: { app, grants },
        });
        return ok(grants);
      }),
  };
}
