/** What the Workload API can be asked (SPIFFE_Workload_API §5 and §6): one function a call, each saying what to send, or a refusal. */

import type { Caller } from '../../gate/use-cases/workloads/caller.ts';
import type {
  Call,
  IdentityRefused,
  WorkloadIdentities,
} from '../../gate/use-cases/workloads/identities.ts';
import { utf8 } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { GrpcStatus } from '../../wire/spiffe/grpc.ts';
import {
  readJwtSvidRequest,
  readValidateRequest,
  writeJwtBundles,
  writeJwtSvids,
  writeValidated,
  writeX509Bundles,
  writeX509Svids,
} from '../../wire/spiffe/messages.ts';

export interface GrpcRefusal {
  readonly status: GrpcStatus;
  readonly message: string;
}

export interface Told {
  readonly message: Uint8Array;
  /** When it is to be looked at again, of a call that goes on: something in it has an end. */
  readonly again: number | undefined;
}

export interface WorkloadCall {
  /** Goes on: what changes is told as it does. */
  readonly streams: boolean;
  tell(
    request: Uint8Array,
    caller: Caller | undefined,
    call: Call,
  ): Promise<Result<Told, GrpcRefusal>>;
}

export type WorkloadCalls = ReadonlyMap<string, WorkloadCall>;

const REFUSED: Readonly<Record<IdentityRefused, GrpcRefusal>> = {
  unknown: { status: 'permission-denied', message: 'no identity issued' },
  malformed: { status: 'invalid-argument', message: 'the request is not of the right form' },
};

const refusedAs = (error: IdentityRefused) => failed(REFUSED[error]);
const once = (message: Uint8Array) => ok<Told>({ message, again: undefined });
const uriOf = (trustDomain: string) => `spiffe://${trustDomain}`;

export function createWorkloadCalls(identities: WorkloadIdentities): WorkloadCalls {
  const calls: Readonly<Record<string, WorkloadCall>> = {
    FetchX509SVID: {
      streams: true,
      async tell(_request, caller, call) {
        const svids = await identities.x509(caller, call);
        if (!svids.ok) return refusedAs(svids.error);
        const { roots: bundle, crls } = await identities.bundle();
        const message = writeX509Svids(
          svids.value.map((svid) => ({ ...svid, bundle })),
          crls,
        );
        return ok({ message, again: Math.min(...svids.value.map(({ renewAt }) => renewAt)) });
      },
    },
    FetchX509Bundles: {
      streams: true,
      async tell(_request, caller, call) {
        const known = await identities.known(caller, call);
        if (!known.ok) return refusedAs(known.error);
        const { trustDomain, roots, crls } = await identities.bundle();
        const whole = Buffer.concat(roots);
        return once(writeX509Bundles(new Map([[uriOf(trustDomain), whole]]), crls));
      },
    },
    FetchJWTSVID: {
      streams: false,
      async tell(request, caller, call) {
        const asked = readJwtSvidRequest(request);
        if (asked === undefined) return refusedAs('malformed');
        const svids = await identities.jwt(caller, asked, call);
        return svids.ok ? once(writeJwtSvids(svids.value)) : refusedAs(svids.error);
      },
    },
    FetchJWTBundles: {
      streams: true,
      async tell(_request, caller, call) {
        const known = await identities.known(caller, call);
        if (!known.ok) return refusedAs(known.error);
        const { trustDomain, jwks } = await identities.jwtBundle();
        return once(writeJwtBundles(new Map([[uriOf(trustDomain), utf8(jwks)]])));
      },
    },
    ValidateJWTSVID: {
      streams: false,
      async tell(request, caller, call) {
        const known = await identities.known(caller, call);
        if (!known.ok) return refusedAs(known.error);
        const asked = readValidateRequest(request);
        if (asked === undefined) return refusedAs('malformed');
        const found = await identities.validate(asked.audience, asked.svid);
        if (found.ok) return once(writeValidated(found.value.spiffeId, found.value.claims));
        // Whoever asked did nothing wrong; that such a token goes about is worth knowing.
        if (found.error === 'ended') {
          await identities.refuse(caller, 'validate-jwt-svid', 'revoked', call);
        }
        return failed({ status: 'invalid-argument', message: 'the token is not good' });
      },
    },
  };
  return new Map(Object.entries(calls));
}
