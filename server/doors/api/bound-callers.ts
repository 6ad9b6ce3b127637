/** Callers with an access token that is bound to a key: they show the key with each call (RFC 9449 §7). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isFormed } from '../../gate/sessions/token.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Caller } from './callers.ts';
import { Told } from './told.ts';

/** Those that a browser or a library signs with, strongest first: what RFC 9449 §7.1 has `algs` for. */
const ALGS = 'ES256 EdDSA';

const isOfSession = (token: string) => isFormed('session', token) || isFormed('token', token);

export function createBoundCallers({ ownApi, origin }: Pick<ApiDeps, 'ownApi' | 'origin'>) {
  return async (
    caller: Caller,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Caller | Told> => {
    const { token = '' } = caller;
    if (!caller.bound) {
      // Nobody’s session; the gate says so. Whose it would be is told before.
      if (token !== '' && !isOfSession(token)) await ownApi.unproven(token, caller.arrival);
      return caller;
    }
    const { dpop } = request.headers;
    // Two of them come joined, and are none (RFC 9449 §4.3, 1).
    const proof = typeof dpop === 'string' && !dpop.includes(',') ? dpop : undefined;
    const [path = ''] = request.url.split('?');
    const url = `${origin()}${path}`;
    const { method } = request;
    const answer = await ownApi.admit({ token, proof, method, url }, caller.arrival);
    // A new one with each answer, so that no call has to be made twice (§8.2).
    reply.header('dpop-nonce', ownApi.nonce());
    if (answer.state === 'admitted') {
      return { ...caller, arrival: { ...caller.arrival, grant: answer.grant } };
    }
    if (answer.reason === 'unavailable') return new Told('unavailable', { retryAfter: 5 });
    const error = {
      nonce: 'use_dpop_nonce',
      proof: 'invalid_dpop_proof',
      token: 'invalid_token',
    }[answer.reason];
    reply.header('www-authenticate', `DPoP realm="sallyport", error="${error}", algs="${ALGS}"`);
    return new Told('no-session', {}, true);
  };
}
