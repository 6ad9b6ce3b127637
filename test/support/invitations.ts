/** Invitations for applications, and requests of those that come by them. */
import assert from 'node:assert/strict';
import type { InvitationTerms } from '../../server/gate/use-cases/apps/registration/app-invitations.ts';
import { DAY } from '../../server/kernel/clock.ts';
import type { OidcHouse } from './oidc-house.ts';
import type { TestPerson } from './people.ts';

export async function invite(
  house: OidcHouse,
  owner: Pick<TestPerson, 'id'>,
  more: Partial<InvitationTerms> = {},
): Promise<string> {
  const terms = { uses: 1, lifetime: DAY, open: 'everyone', members: [], ...more } as const;
  const invited = await house.house.store.write((tx) =>
    house.house.appInvitations.invite(tx, { ...terms, owner: owner.id }, { door: 'cli' }),
  );
  assert.ok(invited.ok);
  return invited.value.token;
}

export function register(
  house: OidcHouse,
  token: string | undefined,
  metadata: unknown,
  headers: Readonly<Record<string, string>> = {},
) {
  return house.send({
    method: 'POST',
    path: '/oidc/register',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
  });
}

/** A registration said anew (RFC 7592 §2.2). */
export function change(house: OidcHouse, client: string, token: string, metadata: unknown) {
  return house.send({
    method: 'PUT',
    path: `/oidc/register/${client}`,
    headers: {
      'content-type': 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    },
    body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
  });
}
