/**
 * Who is there, as the application behind the proxy is told. Every one of these headers is on every answer that lets a request
 * pass, empty where there is nothing to say: a proxy that copies them overwrites whatever the client made up.
 *
 * The assertion says the same and is signed, for applications that don't want to trust the network between them and the proxy:
 * a JWT of a type of its own, so that it passes nowhere for an access token (RFC 8725 §3.11), for this site alone and for a
 * minute. Its keys are those at `/oidc/jwks`.
 */
import type { SigningKeys } from '../../authority/signing-keys.ts';
import type { AtSite, SiteVerdict } from '../../gate/use-cases/sites/site-words.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';

const IDENTITY_HEADERS = [
  'X-Sallyport-Subject',
  'X-Sallyport-Kind',
  'X-Sallyport-Name',
  'X-Sallyport-Groups',
  'X-Sallyport-Scopes',
  'X-Sallyport-Proofs',
  'X-Sallyport-Assertion',
] as const;

export const ASSERTION_TYPE = 'sallyport-assertion+jwt';

const LIFETIME = 60;
/** An assertion is handed out again while so much of its time is left. */
const LEAST_LEFT = 30;

type Granted = Extract<SiteVerdict, { state: 'granted' }>;

export interface Identity {
  /** Names and values in turn, as `writeHead` takes them. The same list for as long as it is good. */
  headersOf(verdict: Granted, site: string): readonly string[] | Promise<readonly string[]>;
}

const NOBODY: readonly string[] = Object.freeze(IDENTITY_HEADERS.flatMap((name) => [name, '']));

export function createIdentity(deps: {
  readonly signing: Pick<SigningKeys, 'ready' | 'sign'>;
  readonly clock: Clock;
  readonly issuer: () => string;
}): Identity {
  const { signing, clock, issuer } = deps;
  /** By the verdict, and so gone with it. */
  const made = new WeakMap<Granted, { site: string; until: number; headers: readonly string[] }>();

  async function make(verdict: Granted, who: AtSite, site: string, now: number) {
    await signing.ready('ES256');
    const claims = {
      iss: issuer(),
      aud: site,
      sub: who.id,
      iat: now,
      exp: now + LIFETIME,
      kind: who.kind,
      name: who.name,
      groups: who.groups,
      scope: who.scopes.join(' '),
      proofs: who.proofs,
      auth_time: Math.floor(who.provenAt / SECOND),
    };
    const assertion = signing.sign('ES256', { typ: ASSERTION_TYPE }, claims);
    const values = [
      who.id,
      who.kind,
      plain(who.name),
      who.groups.map(plain).join(','),
      who.scopes.map(plain).join(' '),
      who.proofs.join(','),
      assertion,
    ];
    const headers = IDENTITY_HEADERS.flatMap((name, at) => [name, values[at] ?? '']);
    made.set(verdict, { site, until: now + LIFETIME - LEAST_LEFT, headers });
    return headers;
  }

  return {
    headersOf(verdict, site) {
      const { who } = verdict;
      if (who === undefined) return NOBODY;
      const now = Math.floor(clock.now() / SECOND);
      const known = made.get(verdict);
      if (known !== undefined && known.site === site && now < known.until) return known.headers;
      return make(verdict, who, site, now);
    },
  };
}

/** What is not plain ASCII, and what separates, is percent-encoded: no name can end a header or pass for two. */
function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9\-._~@+:/]/gu, (char) =>
    char.length === 1 && char >= '\ud800' && char <= '\udfff' ? '%EF%BF%BD' : encodeChar(char),
  );
}

function encodeChar(char: string): string {
  return [...new TextEncoder().encode(char)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
