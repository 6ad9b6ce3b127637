/** An application registers itself (RFC 7591), by an invitation that is used up with it. */
import type { ApplicationDetail } from '@sallyport/contract/resources.ts';
import type { Clock } from '../../../../kernel/clock.ts';
import { Fault } from '../../../../kernel/fault.ts';
import type { Ids, ProcessId } from '../../../../kernel/id.ts';
import type { Random } from '../../../../kernel/random.ts';
import { failed, ok } from '../../../../kernel/result.ts';
import type { By, Recorder } from '../../../../record/record.ts';
import type { Store, Tx } from '../../../../store/store.ts';
import { writeOrUndo } from '../../../../store/undo.ts';
import type { Resources } from '../../../../subjects/resources.ts';
import { byArrival } from '../../../arrival.ts';
import { mintToken } from '../../../sessions/token.ts';
import type { ProcessActs } from '../../processes/process-acts.ts';
import type { Application } from '../app-words.ts';
import type { AppInvitations, Invitation, Welcome } from './app-invitations.ts';
import { type Introduction, originsOf, saidOf } from './own-words.ts';
import type { RegistrationNotes } from './registration-notes.ts';
import { type InvitationId, insertRegistration } from './registration-table.ts';
import { type AppRegistration, type Registered, WRONG } from './registration-words.ts';
import { mayBeCalled } from './trusted-names.ts';

export interface RegisteringDeps {
  readonly store: Store;
  readonly invitations: Pick<AppInvitations, 'welcome' | 'use'>;
  readonly resources: Pick<Resources, 'add' | 'list'>;
  readonly processActs: Pick<ProcessActs, 'addProof'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

type Turned = Exclude<Welcome, { state: 'good' }>;
interface Unnamed {
  readonly state: 'not-valid';
  readonly invitation: InvitationId;
}

export function createRegistering(
  deps: RegisteringDeps,
  { noPlace, note }: RegistrationNotes,
): Pick<AppRegistration, 'welcome' | 'register'> {
  const { store, invitations, resources, processActs, record, clock, random, ids } = deps;

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
    const name = `registered-${ids.next().replaceAll('-', '').slice(-16)}`;
    const terms = { name, groups: [], members, open, kind: 'application', detail } as const;
    const answers = clientAuth === 'none' ? undefined : owner;
    const added = await resources.add(tx, { ...terms, owner: answers }, by);
    if (!added.ok) throw new Fault('store.misuse', `no application: ${added.error.code}`);
    const { id } = added.value;
    const app: Application = { id, name, title: said.title, detail };
    const { id: tokenId, text: token, hash } = mintToken('registration', ids, random);
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
    const proof = await processActs.addProof(tx, process, held, by);
    if (!proof.ok) throw new Fault('store.misuse', `no secret: ${proof.error.code}`);
    return { app, token, secret: proof.value.secret, secretEndsAt: proof.value.expiresAt };
  }

  return {
    async welcome(token, arrival) {
      const full = noPlace(arrival);
      if (full !== undefined) return failed(full);
      const found =
        token === undefined
          ? ({ state: 'wrong', invitation: undefined } as const)
          : await store.read((q) => invitations.welcome(q, token));
      if (found.state === 'good') return ok(found.invitation.id);
      await note(found.state, found, arrival);
      return failed(WRONG);
    },

    async register(token, said, arrival) {
      const named = await mayBeCalled(store, resources, said.title);
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
  };
}
