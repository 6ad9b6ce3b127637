/**
 * Applications that register themselves (RFC 7591), each by an invitation (app-invitations.ts), and look after what they
 * registered (RFC 7592). What comes this way is not the organisation's own: people are asked for their consent, it may ask
 * nothing of any API, and who may enter it is what the invitation says, nobody if it says nothing. Its name in policies is made
 * here, and what people read of it can't pass for what an administrator added (app-names.ts).
 */
import type { ApplicationDetail } from '@sallyport/contract/resources.ts';
import { type Clock, MINUTE } from '../../../../kernel/clock.ts';
import { Fault } from '../../../../kernel/fault.ts';
import type { Ids, ProcessId, ResourceId } from '../../../../kernel/id.ts';
import type { Random } from '../../../../kernel/random.ts';
import { failed, ok, type Result } from '../../../../kernel/result.ts';
import { listProcessProofs } from '../../../../proofs/process-held.ts';
import type { ProcessProofModules } from '../../../../proofs/process-proof.ts';
import type { Counter } from '../../../../record/counter.ts';
import type { By, Recorder } from '../../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../../store/store.ts';
import { writeOrUndo } from '../../../../store/undo.ts';
import { titleOf } from '../../../../subjects/resource-title.ts';
import type { Resources } from '../../../../subjects/resources.ts';
import { type Arrival, byArrival } from '../../../arrival.ts';
import type { Gate } from '../../../gate.ts';
import { mintToken, parseToken, tokenMatches } from '../../../sessions/token.ts';
import { createSeldom } from '../../../throttles/seldom.ts';
import { createTellOrCount } from '../../../throttles/tell-or-count.ts';
import type { ProcessActs } from '../../processes/process-acts.ts';
import type { ResourceActs } from '../../resources/resource-administration.ts';
import type { Application } from '../app-words.ts';
import type { AppInvitations, Invitation, Welcome } from './app-invitations.ts';
import { isPlainTitle } from './app-names.ts';
import {
  changedIn,
  type Introduction,
  leadsElsewhere,
  originsOf,
  saidOf,
  saying,
} from './own-words.ts';
import {
  changeRegistration,
  type InvitationId,
  insertRegistration,
  type RegistrationRow,
  registrationOf,
} from './registration-table.ts';
import { isTrustedName } from './trusted-names.ts';

export interface Registered {
  readonly app: Application;
  readonly at: number;
  /** Shown once. */
  readonly secret: string | null;
  readonly secretEndsAt: number | null;
  /** By which it looks after its registration; shown once. */
  readonly token: string;
}

export interface OwnRegistration {
  readonly app: Application;
  readonly at: number;
}

export type NoRegistration =
  | { readonly code: 'throttled'; readonly retryAt: number }
  | { readonly code: 'wrong' }
  | { readonly code: 'not-valid' }
  /** It would lead people where it did not when it registered. */
  | { readonly code: 'elsewhere' }
  /** It is not for the application to change any more. */
  | { readonly code: 'not-permitted' };

/** What it says of itself now, and who it says it is. */
export interface Changing {
  readonly said: Introduction;
  /** Undefined where it says nothing of it. */
  readonly secret: string | undefined;
}

export interface AppRegistration {
  /** Whether the token is one that is good now; a refusal is on record. It is looked at again when it is used. */
  welcome(
    token: string | undefined,
    arrival: Arrival,
  ): Promise<Result<InvitationId, NoRegistration>>;
  register(
    token: string,
    said: Introduction,
    arrival: Arrival,
  ): Promise<Result<Registered, NoRegistration>>;
  /** Notes that somebody who was invited said what can't be. */
  malformed(
    about: { readonly invitation: InvitationId } | { readonly app: ResourceId },
    field: string,
    arrival: Arrival,
  ): Promise<void>;
  see(
    app: string,
    token: string | undefined,
    arrival: Arrival,
  ): Promise<Result<OwnRegistration, NoRegistration>>;
  /** Says something else of itself (RFC 7592 §2.2), by a token that is good no more then. */
  change(
    app: string,
    token: string | undefined,
    changing: Changing,
    arrival: Arrival,
  ): Promise<Result<OwnRegistration & { readonly token: string }, NoRegistration>>;
  /** It goes, with all that it was granted. */
  leave(
    app: string,
    token: string | undefined,
    arrival: Arrival,
  ): Promise<Result<void, NoRegistration>>;
}

export interface AppRegistrationDeps {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly invitations: Pick<AppInvitations, 'welcome' | 'use'>;
  readonly resources: Pick<Resources, 'add' | 'change' | 'find' | 'list'>;
  readonly resourceActs: Pick<ResourceActs, 'remove'>;
  readonly processActs: Pick<ProcessActs, 'addProof'>;
  readonly processProofs: Pick<ProcessProofModules, 'secret'>;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

type Turned = Exclude<Welcome, { state: 'good' }>;
type Own = OwnRegistration & {
  readonly said: string | null;
  readonly tokenId: RegistrationRow['token_id'];
};
interface Unnamed {
  readonly state: 'not-valid';
  readonly invitation: InvitationId;
}

const WRONG = { code: 'wrong' } as const;

export function createAppRegistration(deps: AppRegistrationDeps): AppRegistration {
  const { gate, store, invitations, resources, resourceActs, record, clock } = deps;
  const tellOrCount = createTellOrCount(deps, createSeldom(clock, MINUTE));

  function place(arrival: Arrival): NoRegistration | undefined {
    const retryAt = gate.placeFor('register', arrival);
    return retryAt === undefined ? undefined : { code: 'throttled', retryAt };
  }

  /** The first of a minute has an event of its own; those that follow are counted. */
  async function note(
    reason: Turned['state'] | 'not-valid' | 'not-permitted',
    about: { invitation?: InvitationId | undefined; app?: ResourceId; field?: string },
    arrival: Arrival,
  ): Promise<void> {
    const { invitation, app, field } = about;
    const { door, network } = arrival;
    await tellOrCount(
      `${reason} ${invitation ?? app} ${field} ${network}`,
      {
        type: 'app.registration-refused',
        outcome: 'refused',
        ...byArrival(arrival),
        reason,
        data: {
          ...(invitation === undefined ? {} : { invitation }),
          ...(app === undefined ? {} : { app }),
          ...(field === undefined ? {} : { field }),
        },
      },
      {
        subject: undefined,
        door,
        action: 'register',
        resource: { kind: 'part', id: 'registration' },
      },
    );
  }

  async function add(tx: Tx, invitation: Invitation, said: Introduction, by: By) {
    const { open, members, owner } = invitation;
    const { clientAuth } = said;
    const detail: ApplicationDetail = {
      ...said,
      grants: [...said.grants],
      firstParty: false,
      profile: 'standard',
      accessTokenFormat: 'jwt',
      backchannelLogoutUri: null,
      cibaNotificationUri: null,
      pairwiseSector: null,
      apis: [],
    };
    const name = `registered-${deps.ids.next().replaceAll('-', '').slice(-16)}`;
    const terms = { name, groups: [], members, open, kind: 'application', detail } as const;
    const answers = clientAuth === 'none' ? undefined : owner;
    const added = await resources.add(tx, { ...terms, owner: answers }, by);
    if (!added.ok) throw new Fault('store.misuse', `no application: ${added.error.code}`);
    const { id } = added.value;
    const app: Application = { id, name, title: said.title, detail };
    const { id: tokenId, text: token, hash } = mintToken('registration', deps.ids, deps.random);
    await tx.run(insertRegistration, {
      app_id: id,
      token_id: tokenId,
      secret_hash: hash,
      invitation_id: invitation.id,
      created_at: clock.now(),
      said: saidOf(app),
    });
    if (clientAuth === 'none') return { app, token, secret: null, secretEndsAt: null };
    const process = id as string as ProcessId; // They share an id.
    const held = { kind: 'secret', name: 'secret' } as const;
    const proof = await deps.processActs.addProof(tx, process, held, by);
    if (!proof.ok) throw new Fault('store.misuse', `no secret: ${proof.error.code}`);
    return { app, token, secret: proof.value.secret, secretEndsAt: proof.value.expiresAt };
  }

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
    return (await deps.processProofs.secret.verify(held, { secret }, moment)).sound;
  }

  /** Which of its words can't be. */
  async function notFor({ app }: Own, { said, secret }: Changing): Promise<string | undefined> {
    if (said.clientAuth !== app.detail.clientAuth) return 'token_endpoint_auth_method';
    // RFC 7592 §2.2: the one that it has, and none of its own choice.
    if (secret !== undefined && !(await isItsSecret(app.id, secret))) return 'client_secret';
    if (leadsElsewhere(app, said)) return 'redirect_uris';
    if (said.title === app.title) return undefined;
    const named =
      isPlainTitle(said.title) &&
      !(await store.read((q) => isTrustedName(q, resources, said.title)));
    return named ? undefined : 'client_name';
  }

  return {
    async welcome(token, arrival) {
      const full = place(arrival);
      if (full !== undefined) return failed(full);
      const found =
        token === undefined
          ? ({ state: 'wrong', invitation: undefined } as const)
          : await store.read((q) => invitations.welcome(q, token));
      if (found.state === 'good') return ok(found.invitation.id);
      await note(found.state, found, arrival);
      return failed(WRONG);
    },

    malformed: (about, field, arrival) => note('not-valid', { ...about, field }, arrival),

    async register(token, said, arrival) {
      // Before the transaction: it may be a long list, and whoever writes has the store to themselves.
      const named =
        isPlainTitle(said.title) &&
        !(await store.read((q) => isTrustedName(q, resources, said.title)));
      const done = await writeOrUndo<Registered, Turned | Unnamed>(store, async (tx) => {
        const used = await invitations.use(tx, token);
        if (used.state !== 'good') return failed(used);
        const { invitation } = used;
        if (!named) return failed({ state: 'not-valid', invitation: invitation.id });
        const by = byArrival(arrival);
        const added = await add(tx, invitation, said, by);
        await record.append(tx, {
          type: 'app.registered',
          outcome: 'done',
          ...by,
          data: {
            app: added.app.id,
            invitation: invitation.id,
            owner: invitation.owner,
            use: invitation.used,
            title: said.title,
            origins: originsOf(said),
            proof: said.clientAuth,
          },
        });
        return ok({ ...added, at: clock.now() });
      });
      if (done.ok) return done;
      const { state, invitation } = done.error;
      if (state !== 'not-valid') {
        await note(state, { invitation }, arrival);
        return failed(WRONG);
      }
      await note(state, { invitation, field: 'client_name' }, arrival);
      return failed({ code: 'not-valid' });
    },

    async see(app, token, arrival) {
      const full = place(arrival);
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
        const { id, text, hash } = mintToken('registration', deps.ids, deps.random);
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
      const full = place(arrival);
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
