/**
 * Which levels an application asks a sign-in to have: voluntary ones in `acr_values` (OpenID Connect Core §3.1.2.1), or an essential `acr`
 * in `claims` (§5.5.1.1). Where it says both, the essential ones are what it holds to: whoever falls short of them is not let in. Its
 * claims are read as they came, since oidc-provider writes `acr_values` over them.
 */
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { acrValues } from '../../../gate/demand.ts';

const Claims = z.object({
  id_token: z
    .object({
      acr: z
        .object({
          essential: z.boolean().optional(),
          value: z.string().optional(),
          values: z.array(z.string()).optional(),
        })
        .nullish(),
    })
    .optional(),
});

const KNOWN: ReadonlySet<string> = new Set(acrValues);
const isLevel = (text: string) => KNOWN.has(text);

/** Asked before anything of a request is kept or judged. */
export function assertLevels(claims: unknown): void {
  if (Claims.safeParse(claims).success) return;
  throw new errors.InvalidRequest(
    'claims.id_token.acr has to be null, or value, values, essential',
  );
}

export function askedLevels({ params }: KoaContextWithOIDC['oidc']): readonly string[] | undefined {
  const { claims, acr_values: voluntary } = params ?? {};
  const essential = typeof claims === 'string' ? essentialLevels(claims) : undefined;
  if (essential !== undefined) {
    if (essential.some(isLevel)) return essential;
    throw new errors.UnmetAuthenticationRequirements('no such level is known here');
  }
  // Voluntary: a level that nobody here knows keeps nobody out (§3.1.2.1).
  const wished = typeof voluntary === 'string' ? voluntary.split(' ').filter(isLevel) : [];
  return wished.length === 0 ? undefined : wished;
}

function essentialLevels(text: string): readonly string[] | undefined {
  const { essential, value, values } = Claims.parse(JSON.parse(text)).id_token?.acr ?? {};
  if (essential !== true) return undefined;
  return values ?? (value === undefined ? undefined : [value]);
}
