/**
 * Tells applications that a sign-in of theirs has ended: by whoever and on whatever node it was ended, for a session that is
 * over, a person who was disabled, or a grant that was taken back (OpenID Connect Back-Channel Logout 1.0).
 *
 * What is good no more is so at once, told or not: this is for what applications keep of their own, such as a cookie. Each end
 * is told once, by whoever takes it first, and is on record with whether it was taken.
 */
import { hash } from 'node:crypto';
import type { SigningKeys } from '../../../authority/signing-keys.ts';
import { type Clock, MINUTE, SECOND } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import type { Later } from '../../../kernel/later.ts';
import { createRounds } from '../../../kernel/rounds.ts';
import type { Recorder, RecordListener } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import { endedAppGrants, takeAppState } from './app-state-table.ts';
import { TELL } from './app-states.ts';
import type { Apps } from './app-words.ts';

export interface AppEndings {
  readonly seen: RecordListener;
  start(): void;
  stop(): Promise<void>;
  /** Tells what is to be told now. */
  settle(): Promise<void>;
}

export interface AppEndingsDeps {
  readonly store: Store;
  readonly record: Recorder;
  readonly signing: SigningKeys;
  readonly apps: () => Apps;
  readonly issuer: () => string;
  readonly post: (url: string, fields: Readonly<Record<string, string>>) => Promise<boolean>;
  readonly clock: Clock;
  readonly later: Later;
  readonly report: (fault: unknown) => void;
}

const ENDS = new Set([
  'session.ended',
  'session.revoked',
  'session.key-refused',
  'person.disabled',
  'person.erased',
  'proof.removed',
  'trouble.reported',
  'app.revoked',
  'app.reuse-refused',
  'token.revoked',
]);
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';
const LOGOUT_TOKEN_LIFE = 2 * MINUTE;

export function createAppEndings(deps: AppEndingsDeps): AppEndings {
  const { store, record, signing, issuer, post, clock, later, report } = deps;

  type Ended = Awaited<ReturnType<typeof ended>>[number];
  const ended = () => store.read((q) => q.all(endedAppGrants, { alias: TELL }));

  async function tell({ key, id, subject_id: subject, client_id: client }: Ended): Promise<void> {
    const mine = await store.write((tx) => tx.run(takeAppState, { key, alias: TELL }));
    if (mine !== 1) return;
    const app = await deps.apps().application(client);
    const url = app?.detail.backchannelLogoutUri;
    if (app === undefined || url === null || url === undefined) return;
    const { idTokenAlg } = app.detail;
    await signing.ready(idTokenAlg);
    const now = Math.floor(clock.now() / SECOND);
    const token = signing.sign(
      idTokenAlg,
      { typ: 'logout+jwt' },
      {
        iss: issuer(),
        aud: client,
        sub: deps.apps().subjectOf(app, subject),
        sid: id,
        iat: now,
        exp: now + LOGOUT_TOKEN_LIFE / SECOND,
        jti: hash('sha256', `logout ${id}`, 'base64url'),
        events: { [LOGOUT]: {} },
      },
    );
    const taken = await post(url, { logout_token: token });
    await store.write((tx) =>
      record.append(tx, {
        type: 'app.told-of-end',
        outcome: taken ? 'done' : 'failed',
        subject: subject as PersonId, // Grants of this kind are people's.
        data: { app: client, grant: id },
      }),
    );
  }

  async function settle(): Promise<void> {
    const byApp = Map.groupBy(await ended(), ({ client_id }) => client_id);
    // One that does not answer, or can't be told, keeps no other waiting.
    await Promise.all(
      [...byApp.values()].map(async (own) => {
        for (const one of own) await tell(one).catch(report);
      }),
    );
  }

  const { wake, start, stop } = createRounds({ later, round: settle, report });
  return {
    seen(_id, { type }) {
      if (ENDS.has(type)) wake();
    },
    start,
    stop,
    settle,
  };
}
