/** What a person granted, in the words of oidc-provider: an object of its own, under the id of the grant that the gate made. */
import type Provider from 'oidc-provider';
import type { AppEntered } from '../../../gate/use-cases/apps/app-words.ts';
import { SECOND } from '../../../kernel/clock.ts';

export async function savePersonGrant(
  provider: Provider,
  entered: Pick<AppEntered, 'person' | 'grant' | 'until' | 'apis'>,
  asked: {
    readonly client: string;
    readonly scopes: Iterable<string>;
    readonly claims: Iterable<string>;
    readonly now: number;
  },
): Promise<InstanceType<Provider['Grant']>> {
  const { person, grant: id, until, apis } = entered;
  const expiresIn = Math.max(1, Math.floor((until - asked.now) / SECOND));
  const grant = new provider.Grant({ accountId: person, clientId: asked.client });
  Object.assign(grant, { jti: id, expiresIn });
  const [scopes, claims] = [[...asked.scopes], [...asked.claims]];
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  for (const { audience, scopes } of apis) {
    if (scopes.length > 0) grant.addResourceScope(audience, scopes.join(' '));
  }
  await grant.save();
  return grant;
}
