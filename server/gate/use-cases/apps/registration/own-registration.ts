/** What an application registered, read, changed and taken away by itself (RFC 7592), with the token that was told with it. */
import type { Clock } from '../../../../kernel/clock.ts';
import type { Ids, ProcessId, ResourceId } from '../../../../kernel/id.ts';
import type { Random } from '../../../../kernel/random.ts';
import { failed, ok } from '../../../../kernel/result.ts';
import { listProcessProofs } from '../../../../proofs/process-held.ts';
import type { ProcessProofModules } from '../../../../proofs/process-proof.ts';
import type { Recorder } from '../../../../record/record.ts';
import type { Queries, Store } from '../../../../store/store.ts';
import { writeOrUndo } from '../../../../store/undo.ts';
import { titleOf } from '../../../../subjects/resource-title.ts';
import type { Resources } from '../../../../subjects/resources.ts';
import { byArrival } from '../../../arrival.ts';
import { mintToken, parseToken, tokenMatches } from '../../../sessions/token.ts';
import type { ResourceActs } from '../../resources/resource-administration.ts';
import { changedIn, leadsElsewhere, originsOf, saidOf, saying } from './own-words.ts';
import type { RegistrationNotes } from './registration-notes.ts';
import { changeRegistration, type RegistrationRow, registrationOf } from './registration-table.ts';
import {
  type AppRegistration,
  type Changing,
  type NoRegistration,
  type OwnRegistration,
  WRONG,
} from './registration-words.ts';
import { mayBeCalled } from './trusted-names.ts';

export interface OwnRegistrationDeps {
  readonly store: Store;
  readonly resources: Pick<Resources, 'change' | 'find' | 'list'>;
  readonly resourceActs: Pick<ResourceActs, 'remove'>;
  readonly processProofs: Pick<ProcessProofModules, 'secret'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

type Own = OwnRegistration & {
  readonly said: string | null;
  readonly tokenId: RegistrationRow['token_id'];
};

export function createOwnRegistration(
  deps: OwnRegistrationDeps,
  { noPlace, note }: RegistrationNotes,
): Pick<AppRegistration, 'see' | 'change' | 'leave'> {
  const { store, resources, resourceActs, processProofs, record, clock, random, ids } = deps;

  async function own(
    q: Queries,
    named: string,
    text: string | undefined,
  ): Promise<Own | undefined> {
    const token = text === undefined ? undefined : parseToken('registration', text);
    const found = token && (await resources.find(q, named));
    if (token === undefined || found?.kind !== 'application' || found.id !== named) return;
    if (found.detail.firstParty) return; // The organisation's own, and nobody else's to take away.
    const row = await q.one(registrationOf, { app: found.id });
    if (row?.token_id !== token.id || !tokenMatches(token, row.secret_hash)) return;
    const { id, name, detail } = found;
    const app = { id, name, title: titleOf(found), detail };
    return { app, at: row.created_at, said: row.said, tokenId: row.token_id };
  }

  /** Asked before anything is written: it costs a hash. */
  async function isItsSecret(app: ResourceId, secret: string): Promise<boolean> {
    const id = app as string as ProcessId; // They share an id.
    const held = await store.read((q) => listProcessProofs(q, id));
    const moment = { now: clock.now(), claimed: id, process: { id, name: id } };
    return (await processProofs.secret.verify(held, { secret }, moment)).sound;
  }

  /** Which of its words can't be. */
  async function notFor({ app }: Own, { said, secret }: Changing): Promise<string | undefined> {
    if (said.clientAuth !== app.detail.clientAuth) return 'token_endpoint_auth_method';
    // RFC 7592 §2.2: the one that it has, and none of its own choice.
    if (secret !== undefined && !(await isItsSecret(app.id, secret))) return 'client_secret';
    if (leadsElsewhere(app, said)) return 'redirect_uris';
    if (said.title === app.title) return undefined;
    return (await mayBeCalled(store, resources, said.title)) ? undefined : 'client_name';
  }

  return {
    async see(app, token, arrival) {
      const full = noPlace(arrival);
      if (full !== undefined) return failed(full);
      const found = await store.read((q) => own(q, app, token));
      if (found !== undefined) return ok(found);
      await note('wrong', {}, arrival);
      return failed(WRONG);
    },

    async change(named, token, changing, arrival) {
      const found = await store.read((q) => own(q, named, token));
      if (found === undefined) {
        await note('wrong', {}, arrival);
        return failed(WRONG);
      }
      const { app } = found;
      const field = await notFor(found, changing);
      if (field !== undefined) {
        await note('not-valid', { app: app.id, field }, arrival);
        return failed({ code: field === 'redirect_uris' ? 'elsewhere' : 'not-valid' });
      }
      type Changed = OwnRegistration & { readonly token: string };
      const done = await writeOrUndo<Changed, NoRegistration>(store, async (tx) => {
        const now = await own(tx, named, token);
        if (now === undefined) return failed(WRONG);
        // Somebody else said otherwise since, and is not to be talked over.
        if (now.said !== saidOf(now.app)) return failed({ code: 'not-permitted' });
        const detail = saying(now.app, changing.said);
        const after = { ...now.app, title: changing.said.title, detail };
        const { id, text, hash } = mintToken('registration', ids, random);
        const rotated = await tx.run(changeRegistration, {
          app: app.id,
          before: now.tokenId,
          token_id: id,
          secret_hash: hash,
          said: saidOf(after),
        });
        if (rotated !== 1) return failed(WRONG);
        const by = byArrival(arrival);
        const changed = await resources.change(tx, app.id, { detail }, by);
        if (!changed.ok) return failed(WRONG);
        await record.append(tx, {
          type: 'app.registration-changed',
          outcome: 'done',
          ...by,
          data: {
            app: app.id,
            title: after.title,
            fields: changedIn(now.app, after),
            origins: originsOf(detail),
          },
        });
        return ok({ app: after, at: now.at, token: text });
      });
      if (!done.ok && done.error.code === 'not-permitted') {
        await note('not-permitted', { app: app.id }, arrival);
      } else if (!done.ok) await note('wrong', {}, arrival);
      return done;
    },

    async leave(app, token, arrival) {
      const full = noPlace(arrival);
      if (full !== undefined) return failed(full);
      const left = await writeOrUndo<void, NoRegistration>(store, async (tx) => {
        const found = await own(tx, app, token);
        if (found === undefined) return failed(WRONG);
        const by = byArrival(arrival);
        const { id } = found.app;
        const removed = await resourceActs.remove(tx, id, by);
        if (!removed.ok) return failed(WRONG);
        await record.append(tx, {
          type: 'app.unregistered',
          outcome: 'done',
          ...by,
          data: { app: id },
        });
        return ok(undefined);
      });
      if (!left.ok) await note('wrong', {}, arrival);
      return left;
    },
  };
}
