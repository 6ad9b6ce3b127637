/** Who is at which network device. */
import type { logInOperations } from '@sallyport/contract/api/log-ins.ts';
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { SeenLogIn } from '../../gate/use-cases/network/log-in-acts.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';
import { time } from './views.ts';

const LIST = 'logins';

export function logIn({ id, subject, name, client, clientName, ...rest }: SeenLogIn) {
  const { door, service, startedAt, until } = rest;
  return {
    id,
    subject,
    name: name ?? null,
    networkDevice: { id: client, name: clientName },
    door,
    service,
    startedAt: time(startedAt),
    until: time(until),
  };
}

export function logInHandlers(
  { logInAdministration }: Pick<ApiDeps, 'logInAdministration'>,
  cursors: Cursors,
): Handlers<keyof typeof logInOperations> {
  return {
    async listLogIns({ query: { limit = USUAL_PAGE, cursor } }, { token, arrival }) {
      const begins = cursors.read(LIST, cursor);
      if (begins instanceof Told) return begins;
      return answered(
        await logInAdministration.list(token, { limit, ...begins }, arrival),
        ({ items, next }) => ({ items: items.map(logIn), next: cursors.write(LIST, next) }),
        never,
      );
    },

    async reauthorizeLogIn({ params }, { token, arrival }) {
      return answered(
        await logInAdministration.reauthorize(token, params.id, arrival),
        (judged) => judged,
        ({ code }) => new Told(code),
      );
    },

    async endLogIn({ params }, { token, arrival }) {
      return answered(
        await logInAdministration.end(token, params.id, arrival),
        () => undefined,
        ({ code }) => new Told(code),
      );
    },
  };
}
