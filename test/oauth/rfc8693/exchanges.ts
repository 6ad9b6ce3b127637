/** Tokens, exchanges of them and questions about them, as raw as tests need them. */
import type { Resource } from '../../../server/subjects/resource.ts';
import { ISSUER } from '../../support/processes.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  API,
  claimsIn,
  EXCHANGE,
  type Keyed,
  type OAuthHouse,
  openOAuthHouse,
  shownBy,
} from '../oauth-house.ts';

export const STORE = 'https://store.example/';

type Form = Readonly<Record<string, string>>;

export interface Exchanges {
  /** For the first API, unless the form says otherwise. */
  tokenOf(by: Keyed, form?: Form): Promise<string>;
  /** For the API of `STORE`. */
  exchange(by: Keyed, subject: string, form?: Form): Promise<Answer>;
  ask(token: string, by: Keyed): Promise<Answer>;
  /** What anyone may read of grants that ended; the list is made anew. */
  listed(token: string): Promise<boolean>;
}

export function createExchanges(house: OAuthHouse): Exchanges {
  return {
    tokenOf: async (by, form = {}) =>
      (await house.token(by, { resource: API, ...form })).body.access_token as string,
    exchange: (by, subject, form = {}) =>
      house.token(by, {
        grant_type: EXCHANGE,
        subject_token: subject,
        subject_token_type: ACCESS_TOKEN,
        resource: STORE,
        ...form,
      }),
    ask: (token, by) => house.post('/introspect', { token, ...shownBy(house, by) }),
    async listed(token) {
      house.clock.advance(3000);
      const text = await (await house.fetch(`${ISSUER}/status`)).text();
      return (claimsIn(text).ended as string[]).includes(String(claimsIn(token).gid));
    },
  };
}

/** A house in which tokens can be exchanged, and somebody who should not. */
export interface ExchangeHouse extends OAuthHouse, Exchanges {
  readonly payments: Resource;
  readonly store: Resource;
  /** Has everything at both APIs that anyone has. */
  readonly caller: Keyed;
  /** The API of payments itself, which goes on to the store. */
  readonly service: Keyed;
  /** Knows the store alone. */
  readonly stranger: Keyed;
}

export async function openExchangeHouse(): Promise<ExchangeHouse> {
  const house = await openOAuthHouse();
  const exchanges = createExchanges(house);
  const payments = await house.api();
  const store = await house.api('store', { audience: STORE });
  return {
    ...house,
    ...exchanges,
    exchange: (by, subject, form) => exchanges.exchange(by, subject, { scope: 'read', ...form }),
    payments,
    store,
    caller: await house.keyed('caller', [
      [payments, 'read', 'write', 'pay'],
      [store, 'read', 'pay'],
    ]),
    service: await house.keyed('service', [
      [payments, 'introspect'],
      [store, 'read', 'pay'],
    ]),
    stranger: await house.keyed('stranger', [[store, 'read', 'introspect']]),
  };
}
