/**
 * Which one credential comes with a request to a site. Of two it would be open whose request it is, so two are refused; but a
 * browser with a cookie may also hold a certificate, and a token may be bound to one.
 */
import type { ShownAtSite } from '../../gate/use-cases/sites/site-words.ts';
import { type CookieJar, createCookieJar } from '../../http/cookies.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Asked } from './asked.ts';
import { readCertificateHeader } from './certificate-header.ts';

export type CredentialFault = 'malformed-cookie' | 'two-credentials' | 'malformed' | 'other-site';

const NOTHING: ShownAtSite = Object.freeze({ kind: 'nothing' });
/** RFC 6750 §2.1, RFC 9449 §7.1; the names of schemes have no case (RFC 9110 §11.1). */
const TOKEN = /^(bearer|dpop) ([A-Za-z0-9\-._~+/]{1,8192}=*)$/i;
const OURS = /^(?:bearer|dpop)(?:[\s,]|$)/i;
/** RFC 9110 §9.2.1. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createReadCredential(): (asked: Asked) => Result<ShownAtSite, CredentialFault> {
  const jars: Readonly<Record<'https' | 'http', CookieJar>> = {
    https: createCookieJar(true),
    http: createCookieJar(false),
  };

  return (asked) => {
    // Nobody is authenticated by a question about leave (Fetch §4.8), whatever comes with it.
    if (asked.preflight) return ok(NOTHING);
    const { authorization, dpop } = asked;
    const certificate = asked.certificate && readCertificateHeader(asked.certificate);
    if (asked.certificate !== undefined && certificate === undefined) return failed('malformed');
    const jar = jars[asked.secure ? 'https' : 'http'];
    let cookie = aloneIn(asked.cookie, `${jar.wireName('site')}=`);
    if (cookie === undefined && asked.cookie !== undefined) {
      const cookies = jar.read(asked.cookie);
      if (!cookies.ok) return failed('malformed-cookie');
      cookie = cookies.value.get('site') || undefined;
    }
    // Other schemes are the application's own affair.
    const own = authorization !== undefined && OURS.test(authorization);
    if (cookie !== undefined && own) return failed('two-credentials');
    if (own) {
      const [, scheme = '', text = ''] = TOKEN.exec(authorization) ?? [];
      if (text === '') return failed('malformed');
      const bound = scheme.toLowerCase() === 'dpop';
      if (bound !== (dpop !== undefined)) return failed('malformed');
      return ok({ kind: 'token', text, dpop, certificate });
    }
    if (cookie === undefined && certificate === undefined) return ok(NOTHING);
    // Browsers show certificates unasked too (CWE-352); what says no origin of a socket or a change is none.
    const byBrowser = cookie !== undefined || asked.origin !== undefined || asked.fetchSite;
    if (byBrowser && !fromOwnPage(asked)) return failed('other-site');
    if (cookie !== undefined) return ok({ kind: 'cookie', text: cookie });
    return certificate === undefined ? ok(NOTHING) : ok({ kind: 'certificate', text: certificate });
  };
}

const TOKEN_LENGTH = 69;

/** The value of our cookie where the browser sent no other: most requests, and no reason to look at each byte of it. */
function aloneIn(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length !== name.length + TOKEN_LENGTH) return undefined;
  return header.startsWith(name) && !header.includes(';') ? header.slice(name.length) : undefined;
}

/**
 * Cookies come along with whatever page makes the browser ask. `SameSite=Lax` leaves open pages of neighbours under the same
 * domain, and sockets that they open (CWE-1385): what changes something, and what stays open, comes from the site itself.
 */
export function fromOwnPage({ method, upgrade, origin, fetchSite, secure, host }: Asked): boolean {
  if (!upgrade && SAFE.has(method)) return true;
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return false;
  if (origin === undefined) return !upgrade;
  return origin === `${secure ? 'https' : 'http'}://${host}`;
}
