/** What every attempt begins with, and the attempt itself: one token, one request, and what is wrong with them. */
import { createHash } from 'node:crypto';
import type { Needs } from '../../../verify/src/needs.ts';
import {
  createVerifier,
  type RequestToVerify,
  type Verdict,
  type VerifierOptions,
} from '../../../verify/src/verifier.ts';
import { makeCertificate } from '../../support/certificates.ts';
import {
  AUDIENCE,
  type Holder,
  makeHolder,
  makeKey,
  type Parts,
  type SigningKey,
  startIssuer,
} from '../issuer.ts';

export interface Attempt {
  /** The token: its claims, its header, its key, or the whole of it. */
  claims?: Parts;
  header?: Parts;
  by?: SigningKey;
  token?: (token: string) => string;
  /** Whose key the token is bound to, with a proof by it: */
  holder?: Holder;
  proof?: Partial<Parameters<Holder['proof']>[0]>;
  /** unless another makes the proof. */
  provenBy?: Holder;
  headers?: (headers: Record<string, string>) => Record<string, string | string[]>;
  certificate?: Uint8Array | string;
  url?: string;
  method?: string;
  needs?: Needs;
  options?: Partial<VerifierOptions>;
  /** Before the request, with the same verifier. */
  first?: 'the same request' | 'a request of the same key' | (() => void);
}

export interface Case {
  readonly says: string;
  readonly wrong: Attempt;
  /** The same without the fault. Default: a plain token for a plain request. */
  readonly right?: Attempt;
}

export type Scene = Awaited<ReturnType<typeof setScene>>;

export async function setScene() {
  const issuer = await startIssuer();
  const rsa = await makeKey('rsa', 'RS256');
  issuer.served.keys.push(rsa);
  const mine = makeCertificate({ subject: { CN: 'reader' }, authority: false });
  const theirs = makeCertificate({ subject: { CN: 'reader' }, authority: false });
  return {
    issuer,
    rsa,
    /** Of an attacker, under the kid of the issuer's own. */
    otherKey: await makeKey('now'),
    /** Of an attacker, under a kid that the issuer does not know. */
    strangeKey: await makeKey('strange'),
    holder: await makeHolder(),
    other: await makeHolder(),
    es384: await makeHolder('ES384'),
    mine,
    theirs,
    x5t: createHash('sha256').update(mine.der).digest('base64url'),
    secret: new Uint8Array(32).fill(7),
    now: issuer.seconds(),
  };
}

export async function attempt({ issuer }: Scene, wish: Attempt): Promise<Verdict> {
  const { clock } = issuer;
  const verifier = createVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    now: clock.now,
    ...wish.options,
  });
  const cnf = wish.holder && { cnf: { jkt: wish.holder.jkt } };
  const made = await issuer.token({ ...cnf, ...wish.claims }, wish.header, wish.by);
  const token = wish.token?.(made) ?? made;
  const prover = wish.provenBy ?? wish.holder;
  const request = async (): Promise<RequestToVerify> => {
    const scheme = wish.holder ? 'DPoP' : 'Bearer';
    const proof = await prover?.proof({ token, at: clock.now(), ...wish.proof });
    const headers = { authorization: `${scheme} ${token}`, ...(proof && { dpop: proof }) };
    return {
      method: wish.method ?? 'GET',
      url: wish.url ?? '/keys?page=2',
      headers: wish.headers?.(headers) ?? headers,
      clientCertificate: wish.certificate,
    };
  };
  const asked = await request();
  if (typeof wish.first === 'function') wish.first();
  else if (wish.first !== undefined) {
    const earlier = wish.first === 'the same request' ? asked : await request();
    const { state } = await verifier.verify(earlier, wish.needs);
    if (state === 'refused') throw new Error('The request before was refused.');
  }
  return verifier.verify(asked, wish.needs);
}
