/** Tokens that are good, for calls that need more: RFC 6750 §3.1, RFC 9470 §3. */
import type { Reason } from '../../../verify/src/refusals.ts';
import type { Case, Scene } from './scene.ts';

export function needCases({ now }: Scene) {
  const ada = { acr: 'phr', auth_time: now - 60 };
  return {
    'scope-missing': [
      {
        says: 'one of two',
        wrong: { needs: { scopes: ['keys:read', 'keys:import'] } },
        right: { needs: { scopes: ['keys:read'] } },
      },
      {
        says: 'a scope that begins alike',
        wrong: { needs: { scopes: ['keys:rea'] } },
        right: { needs: { scopes: ['keys:read'] } },
      },
      {
        says: 'a token without any',
        wrong: { claims: { scope: undefined }, needs: { scopes: ['keys:read'] } },
        right: { claims: { scope: undefined } },
      },
    ],
    'not-fresh': [
      {
        says: 'ten minutes ago',
        wrong: { claims: { auth_time: now - 600 }, needs: { freshFor: 300 } },
        right: { claims: { auth_time: now - 60 }, needs: { freshFor: 300 } },
      },
      {
        says: 'never',
        wrong: { needs: { freshFor: 300 } },
        right: { claims: ada, needs: { freshFor: 300 } },
      },
      {
        says: 'at a time to come',
        wrong: { claims: { auth_time: now + 3600 }, needs: { freshFor: 300 } },
        right: { claims: ada, needs: { freshFor: 300 } },
      },
      {
        says: 'at a time that is text',
        wrong: { claims: { auth_time: `${now}` }, needs: { freshFor: 300 } },
        right: { claims: ada, needs: { freshFor: 300 } },
      },
    ],
    'wrong-acr': [
      {
        says: 'a lower level',
        wrong: { claims: { acr: 'urn:sallyport:acr:one-kind' }, needs: { acr: ['phr', 'phrh'] } },
        right: { claims: { acr: 'phrh' }, needs: { acr: ['phr', 'phrh'] } },
      },
      {
        says: 'none',
        wrong: { needs: { acr: 'phr' } },
        right: { claims: ada, needs: { acr: 'phr' } },
      },
    ],
    'not-phishing-resistant': [
      {
        says: 'two kinds that can be phished',
        wrong: {
          claims: { acr: 'urn:sallyport:acr:two-kinds' },
          needs: { phishingResistant: true },
        },
        right: { claims: ada, needs: { phishingResistant: true } },
      },
    ],
  } satisfies Partial<Record<Reason, readonly Case[]>>;
}
