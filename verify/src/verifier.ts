/**
 * Judges requests to an API by the access tokens of one Sallyport.
 *
 * `verify` goes through the same steps for every request, in this order, and the first that fails refuses:
 *
 *   1. credential     one token, in one Authorization header, perhaps with one proof   (credential.ts, RFC 6750 §2.1)
 *   2. token          signature, type, issuer, audience, times                         (access-token.ts, RFC 9068 §4)
 *   3. binding        the key or certificate that the token names, and no way around   (binding.ts, RFC 8705, RFC 9449)
 *   4. grant          not ended since                                                  (status-list.ts)
 *   5. needs          scopes, level and freshness that this call asks for              (needs.ts, RFC 9470)
 *
 * Only the last line of it grants. A refusal is a value that carries its answer; what throws is a mistake in the calling program
 * or a fault of its own memory of proofs, and grants nothing either. The reasons are listed in refusals.ts.
 */
import { type Claims, readAccessToken } from './access-token.ts';
import { requestAddresses } from './address.ts';
import { bindingOf } from './binding.ts';
import { thumbprintOf } from './certificate.ts';
import { challengeOf } from './challenge.ts';
import { type Credential, readCredential } from './credential.ts';
import { verifyProof } from './dpop-proof.ts';
import { createKeySet } from './key-set.ts';
import { checkNeeds, lacking, type Needs, scopesOf, wantedAcr } from './needs.ts';
import { type Settings, settingsOf, type VerifierOptions } from './options.ts';
import { type Reason, refusalOf } from './refusals.ts';
import type { RequestToVerify } from './request.ts';
import { createStatusList } from './status-list.ts';

export type { Needs } from './needs.ts';
export type { VerifierOptions } from './options.ts';
export type { Reason } from './refusals.ts';
export type { ReplayMemory, Spending } from './replay-memory.ts';
export type { RequestToVerify } from './request.ts';

export interface AccessToken {
  readonly subject: string;
  readonly client: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  /** What the holder proved to hold; empty for a plain bearer token. */
  readonly boundBy: readonly ('key' | 'certificate')[];
  /** All that the token says, `act` and whatever the issuer adds among it. */
  readonly claims: Claims;
}

export interface Granted {
  readonly state: 'granted';
  readonly token: AccessToken;
  /** To be sent with the answer: a new nonce, when the client's grows old (RFC 9449 §8.2). */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Refused {
  readonly state: 'refused';
  readonly status: number;
  /** To be sent with the answer. */
  readonly challenge: Readonly<Record<string, string>>;
  /** For a log. Callers are told less. */
  readonly reason: Reason;
}

export type Verdict = Granted | Refused;

export interface Verifier {
  verify(request: RequestToVerify, needs?: Needs): Promise<Verdict>;
}

type Presented = Extract<Credential, { is: 'token' }>;
type Held =
  | { ok: true; by: ('key' | 'certificate')[]; nonceAgeing: boolean }
  | { ok: false; reason: Reason };

export function createVerifier(options: VerifierOptions): Verifier {
  const settings = settingsOf(options);
  const { now, tolerance } = settings;
  const keys = createKeySet({ ...settings, ...settings.keys, source: settings.jwks });
  const status = settings.status && createStatusList({ ...settings, ...settings.status, keys });

  async function judge(
    request: RequestToVerify,
    credential: Credential,
    needs: Needs,
  ): Promise<Granted | Reason> {
    if (credential.is === 'none') return 'no-credential';
    if (credential.is === 'malformed') return 'malformed-request';
    const read = await readAccessToken(credential.token, { ...settings, keys });
    if (!read.ok) return read.reason;
    const { claims } = read;
    const held = await holds(request, credential, claims, settings);
    if (!held.ok) return held.reason;
    const ended = await status?.judge({ grant: claims.gid, issuedAt: claims.iat });
    if (ended !== undefined) return ended;
    const lacks = lacking(claims, needs, now(), tolerance);
    if (lacks !== undefined) return lacks;
    const nonce = held.nonceAgeing ? await settings.nonces?.issue(now()) : undefined;
    return {
      state: 'granted',
      token: {
        subject: claims.sub,
        client: claims.client_id,
        scopes: scopesOf(claims),
        expiresAt: new Date(claims.exp * 1000),
        boundBy: held.by,
        claims,
      },
      headers: nonce === undefined ? {} : { 'DPoP-Nonce': nonce },
    };
  }

  return {
    async verify(request, needs = {}) {
      checkNeeds(needs);
      const credential = readCredential(request.headers);
      const verdict = await judge(request, credential, needs);
      if (typeof verdict !== 'string') return verdict;
      settings.onRefused(verdict, request);
      const challenge = challengeOf(verdict, {
        algorithms: settings.proofAlgorithms,
        boundOnly: settings.boundOnly,
        scheme: credential.is === 'token' ? credential.scheme : undefined,
        scopes: needs.scopes,
        acrValues: wantedAcr(needs),
        maxAge: needs.freshFor,
        nonce: verdict === 'nonce-needed' ? await settings.nonces?.issue(now()) : undefined,
      });
      return { state: 'refused', status: refusalOf(verdict).status, challenge, reason: verdict };
    },
  };
}

/** RFC 9449 §7.1, RFC 8705 §3: what the token is bound to was proven with this very request. */
async function holds(
  request: RequestToVerify,
  { scheme, token, proof }: Presented,
  claims: Claims,
  settings: Settings,
): Promise<Held> {
  const binding = bindingOf(claims);
  if (!binding.known) return { ok: false, reason: 'unknown-binding' };
  const by: ('key' | 'certificate')[] = [];
  let nonceAgeing = false;

  if (binding.certificate !== undefined) {
    const { clientCertificate } = request;
    if (clientCertificate === undefined) return { ok: false, reason: 'certificate-missing' };
    if ((await thumbprintOf(clientCertificate)) !== binding.certificate) {
      return { ok: false, reason: 'certificate-of-another' };
    }
    by.push('certificate');
  }
  if (binding.key === undefined) {
    // A token that no key holds gains nothing by the name of the scheme.
    if (scheme === 'dpop') return { ok: false, reason: 'not-bound' };
  } else {
    if (scheme === 'bearer') return { ok: false, reason: 'bound-token-as-bearer' };
    if (proof === undefined) return { ok: false, reason: 'proof-missing' };
    const verdict = await verifyProof(
      {
        proof,
        token,
        boundTo: binding.key,
        method: request.method,
        addresses: requestAddresses(request.url, settings.origins),
        now: settings.now(),
      },
      { ...settings, algorithms: settings.proofAlgorithms, longest: settings.proofAge },
    );
    if (!verdict.ok) return verdict;
    by.push('key');
    nonceAgeing = verdict.nonceAgeing;
  }
  if (settings.boundOnly && by.length === 0) return { ok: false, reason: 'not-bound' };
  return { ok: true, by, nonceAgeing };
}
