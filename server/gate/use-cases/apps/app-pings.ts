/**
 * Tells an application that a request of its own was answered, where it wants to be told (OpenID Connect CIBA Core §10.2): what it is
 * told is its own handle and nothing of the answer, which it fetches itself. Once, and on record whether it was taken; whoever was not
 * told, since this node died or nobody answered there, finds out by asking.
 */
import type { PersonId, ResourceId } from '../../../kernel/id.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import type { Apps } from './app-words.ts';

/** How to tell of one request: its handle, and the token by which the application knows that it is us. */
export interface Ping {
  readonly handle: string;
  readonly token: string;
}

export interface AppPingDeps {
  readonly store: Store;
  readonly record: Recorder;
  readonly apps: Pick<Apps, 'application'>;
  readonly post: (
    url: string,
    fields: Readonly<Record<string, string>>,
    bearer: string,
  ) => Promise<boolean>;
  readonly report: (fault: unknown) => void;
}

export type TellOfAnswer = (
  answered: { readonly app: ResourceId; readonly request: string; readonly subject: PersonId },
  ping: Ping | undefined,
) => void;

export function createAppPings(deps: AppPingDeps): TellOfAnswer {
  const { store, record, apps, post, report } = deps;

  async function tell(
    { app, request, subject }: Parameters<TellOfAnswer>[0],
    { handle, token }: Ping,
  ): Promise<void> {
    const url = (await apps.application(app))?.detail.cibaNotificationUri;
    if (url === undefined || url === null) return;
    const taken = await post(url, { auth_req_id: handle }, token);
    await store.write((tx) =>
      record.append(tx, {
        type: 'app.told-of-answer',
        outcome: taken ? 'done' : 'failed',
        subject,
        data: { app, request },
      }),
    );
  }

  // The person does not wait for a server of others.
  return (answered, ping) => {
    if (ping !== undefined) void tell(answered, ping).catch(report);
  };
}
