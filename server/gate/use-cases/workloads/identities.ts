/**
 * Identities for programs of this machine (SPIFFE): who a caller is by what is registered, and the certificate or token that says
 * so (x509-svids.ts, jwt-svids.ts). No policy is asked: that a program may show who it is goes without saying; what it may then enter
 * is judged where it enters.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { SigningKeys } from '../../../authority/signing-keys.ts';
import type { Authority } from '../../../authority/x509/authority-words.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Workload, Workloads } from '../../../subjects/workloads.ts';
import type { Caller } from './caller.ts';
import { type Call, createIdentityNotes } from './identity-notes.ts';
import {
  createJwtSvids,
  type JwtSvidRefused,
  type StandingProcess,
  type ValidJwtSvid,
} from './jwt-svids.ts';
import { spiffeIdOf, spiffeIdProblem } from './spiffe-id.ts';
import { createX509Svids, type X509Svid } from './x509-svids.ts';

export type { Call } from './identity-notes.ts';
export type { X509Svid } from './x509-svids.ts';

export interface JwtSvid {
  readonly spiffeId: string;
  readonly svid: string;
}

export interface TrustBundle {
  readonly trustDomain: string;
  /** DER of the roots. */
  readonly roots: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

/** `unknown`: it is no process that anybody registered, or that may come. */
export type IdentityRefused = 'unknown' | 'malformed';

export interface WorkloadIdentities {
  x509(
    caller: Caller | undefined,
    call: Call,
  ): Promise<Result<readonly X509Svid[], IdentityRefused>>;
  jwt(
    caller: Caller | undefined,
    asked: { readonly audience: readonly string[]; readonly spiffeId: string | undefined },
    call: Call,
  ): Promise<Result<readonly JwtSvid[], IdentityRefused>>;
  /** Whether it is anyone: bundles are for those alone. */
  known(caller: Caller | undefined, call: Call): Promise<Result<void, IdentityRefused>>;
  bundle(): Promise<TrustBundle>;
  /** The keys that JWT-SVIDs are signed with, as a JWK set, by their trust domain. */
  jwtBundle(): Promise<{ readonly trustDomain: string; readonly jwks: string }>;
  validate(audience: string, svid: string): Promise<Result<ValidJwtSvid, JwtSvidRefused>>;
  /** Another one as soon as anything of this may be told otherwise. */
  mark(): Promise<string>;
  /** A refusal that the door itself saw: a request without what the standard wants of each. */
  refuse(
    caller: { uid: number; pid: number } | undefined,
    what: string,
    reason: Reason,
    call: Call,
  ): Promise<void>;
}

export interface WorkloadIdentitiesDeps {
  readonly store: Store;
  readonly workloads: Workloads;
  readonly processes: Pick<Processes, 'get'>;
  readonly authority: Pick<Authority, 'issue' | 'chain' | 'crl' | 'judge' | 'revision'>;
  readonly signing: Pick<SigningKeys, 'ready' | 'sign' | 'verify' | 'jwks' | 'kidOf'>;
  readonly record: Recorder;
  readonly counter: Counter;
  readonly clock: Clock;
  readonly trustDomain: () => string;
}

export interface SvidLives {
  /** Milliseconds. */
  readonly x509: number;
  readonly jwt: number;
}

const MOST_AUDIENCES = 16;
const LONGEST_AUDIENCE = 512;

export function createWorkloadIdentities(
  deps: WorkloadIdentitiesDeps,
  lives: SvidLives,
): WorkloadIdentities {
  const { store, workloads, authority, signing, clock, trustDomain } = deps;
  const { refuse, tell } = createIdentityNotes(deps, Math.min(lives.x509, lives.jwt) / 2);
  const certificates = createX509Svids(deps, lives.x509);
  const tokens = createJwtSvids({ signing, clock, trustDomain, processOf }, lives.jwt);

  async function processOf(text: string): Promise<StandingProcess | undefined> {
    const id = parseId<'process'>(text);
    const process = id && (await store.read((q) => deps.processes.get(q, id)));
    if (process === undefined) return undefined;
    const { name, epoch, status } = process;
    return { id: process.id, name, epoch, active: status === 'active' };
  }

  /** Which processes it is: those with a row of which every selector is true of it. */
  async function whoIs(caller: Caller): Promise<readonly Workload[]> {
    const { uid, unit } = caller;
    const rows = await store.read((q) => workloads.ofCaller(q, uid, unit));
    const found: Workload[] = [];
    for (const row of rows) {
      if (found.some(({ process }) => process.id === row.process.id)) continue;
      if (row.process.active && (await isSo(row, caller))) found.push(row);
    }
    return found;
  }

  async function known(
    caller: Caller | undefined,
    what: string,
    call: Call,
  ): Promise<Result<{ caller: Caller; as: readonly Workload[] }, IdentityRefused>> {
    const as = caller === undefined ? [] : await whoIs(caller);
    if (caller !== undefined && as.length > 0) return ok({ caller, as });
    await refuse(caller, what, 'unknown-subject', call);
    return failed('unknown');
  }

  return {
    refuse,

    async x509(caller, call) {
      const who = await known(caller, 'x509-svid', call);
      if (!who.ok) return who;
      const svids: X509Svid[] = [];
      for (const workload of who.value.as) {
        const svid = await certificates.of(workload, call);
        if (svid === undefined) continue;
        const { serial, notAfter: until } = svid;
        await tell(workload, who.value.caller, call, { what: 'x509-svid', until, serial });
        svids.push(svid);
      }
      if (svids.length > 0) return ok(svids);
      await refuse(caller, 'x509-svid', 'unknown-subject', call);
      return failed('unknown');
    },

    async jwt(caller, { audience, spiffeId }, call) {
      const who = await known(caller, 'jwt-svid', call);
      if (!who.ok) return who;
      if (!audienceFits(audience) || (spiffeId !== undefined && spiffeIdProblem(spiffeId))) {
        await refuse(caller, 'jwt-svid', 'malformed', call);
        return failed('malformed');
      }
      const domain = trustDomain();
      const asked = who.value.as.filter(
        ({ process }) => spiffeId === undefined || spiffeIdOf(domain, process.name) === spiffeId,
      );
      if (asked.length === 0) {
        await refuse(caller, 'jwt-svid', 'not-permitted', call);
        return failed('unknown');
      }
      await tokens.ready();
      const svids: JwtSvid[] = [];
      for (const workload of asked) {
        const { value: svid, until } = tokens.of(workload.process, audience);
        const told = {
          what: 'jwt-svid',
          until,
          audience: audience.join(' ').slice(0, 128),
        } as const;
        await tell(workload, who.value.caller, call, told);
        svids.push({ spiffeId: spiffeIdOf(domain, workload.process.name), svid });
      }
      return ok(svids);
    },

    async known(caller, call) {
      const who = await known(caller, 'bundle', call);
      return who.ok ? ok(undefined) : who;
    },

    async bundle() {
      const chain = await authority.chain();
      const crl = await authority.crl();
      return {
        trustDomain: trustDomain(),
        // What stands last signed itself; what is between comes with each SVID.
        roots: chain.slice(-1),
        crls: crl === undefined ? [] : [crl],
      };
    },

    jwtBundle: tokens.bundle,
    validate: tokens.validate,
    mark: () =>
      store.read(async (q) => `${await workloads.mark(q)} ${await authority.revision(q)}`),
  };
}

async function isSo({ selectors }: Workload, caller: Caller): Promise<boolean> {
  for (const { kind, value } of selectors) {
    if (kind === 'uid' && String(caller.uid) !== value) return false;
    if (kind === 'unit' && caller.unit !== value) return false;
    if (kind === 'path' && caller.path !== value) return false;
  }
  // The costly one, and only where all else is so.
  const hash = selectors.find(({ kind }) => kind === 'sha256');
  return selectors.length > 0 && (hash === undefined || (await caller.sha256()) === hash.value);
}

function audienceFits(audience: readonly string[]): boolean {
  return (
    audience.length > 0 &&
    audience.length <= MOST_AUDIENCES &&
    audience.every((one) => one !== '' && one.length <= LONGEST_AUDIENCE)
  );
}
