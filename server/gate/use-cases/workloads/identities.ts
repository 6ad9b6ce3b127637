/**
 * Identities for programs of this machine (SPIFFE): who a caller is by what is registered, and the certificate or token that says
 * so. No policy is asked: that a program may show who it is goes without saying; what it may then enter is judged where it enters.
 *
 * A certificate and its key are made once for each process and kept here, in memory alone, until half of its life is over; whoever
 * is that process meanwhile gets the same one. A process that was changed or disabled has another epoch, and what was kept is void.
 */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { SigningKeys } from '../../../authority/signing-keys.ts';
import type { Authority } from '../../../authority/x509/authority-words.ts';
import { createBoundedMap } from '../../../kernel/bounded-map.ts';
import { type Clock, MINUTE } from '../../../kernel/clock.ts';
import { Fault } from '../../../kernel/fault.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Workload, Workloads } from '../../../subjects/workloads.ts';
import { holdShared } from '../../holding-table.ts';
import { createSeldom } from '../../throttles/seldom.ts';
import type { Caller } from './caller.ts';
import {
  createJwtSvids,
  type JwtSvidRefused,
  type StandingProcess,
  type ValidJwtSvid,
} from './jwt-svids.ts';
import { spiffeIdOf, spiffeIdProblem } from './spiffe-id.ts';

/** How it came: the door, and its number for the request. */
export interface Call {
  readonly door: string;
  readonly request: string;
}

export interface X509Svid {
  readonly spiffeId: string;
  /** DER, the leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS #8 in DER. */
  readonly key: Uint8Array;
  /** When the next one is to be had. */
  readonly renewAt: number;
  readonly notAfter: number;
}

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

interface Kept {
  readonly epoch: number;
  readonly value: Promise<(X509Svid & { serial: string }) | undefined>;
}

const MOST_KEPT = 10_000;
const MOST_TOLD = 120;
const MOST_AUDIENCES = 16;
const LONGEST_AUDIENCE = 512;
const makePair = promisify(generateKeyPair);

export function createWorkloadIdentities(
  deps: WorkloadIdentitiesDeps,
  lives: SvidLives,
): WorkloadIdentities {
  const { store, workloads, authority, signing, record, counter, clock, trustDomain } = deps;
  const certificates = createBoundedMap<string, Kept>(MOST_KEPT);
  const tokens = createJwtSvids({ signing, clock, trustDomain, processOf }, lives.jwt);
  /** Who was told of what: in full once within its life, counted from then on. */
  const firstTold = createSeldom(clock, Math.min(lives.x509, lives.jwt) / 2);
  const firstRefused = createSeldom(clock, MINUTE);
  /** A program that thinks of ever new audiences is not to fill the record: so many in a minute, and counted from then on. */
  const fewOf = createFew(clock, MOST_TOLD);

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

  async function refuse(
    caller: { readonly uid: number; readonly pid: number } | undefined,
    what: string,
    reason: Reason,
    { door, request }: Call,
  ): Promise<void> {
    if (!firstRefused(`${caller?.uid} ${what} ${reason}`)) {
      counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject: undefined,
        door,
        action: 'recognise',
        resource: { kind: 'part', id: 'portal' },
      });
      return;
    }
    const { uid, pid } = caller ?? {};
    await store.write((tx) =>
      record.append(tx, {
        type: 'workload.refused',
        outcome: 'refused',
        door,
        request,
        reason,
        data: {
          what,
          ...(uid === undefined ? {} : { uid }),
          ...(pid === undefined ? {} : { pid }),
        },
      }),
    );
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

  async function tell(
    workload: Workload,
    caller: Caller,
    { door, request }: Call,
    told: { what: 'x509-svid' | 'jwt-svid'; until: number; serial?: string; audience?: string },
  ): Promise<void> {
    const { process } = workload;
    const { uid, pid, instance } = caller;
    const key = [process.id, uid, instance, told.what, told.serial, told.audience].join(' ');
    if (!firstTold(key) || !fewOf(process.id)) {
      counter.count({
        type: 'decision.counted',
        outcome: 'granted',
        subject: process.id,
        door,
        action: 'recognise',
        resource: { kind: 'part', id: 'portal' },
      });
      return;
    }
    await store.write((tx) =>
      record.append(tx, {
        type: 'workload.attested',
        outcome: 'granted',
        subject: process.id,
        door,
        request,
        data: { workload: workload.id, name: process.name, uid, pid, ...told },
      }),
    );
  }

  /** Undefined for whoever was shut out since they were looked at: what ends their certificates is not to miss this one. */
  async function issue(
    { process }: Workload,
    call: Call,
  ): Promise<(X509Svid & { serial: string }) | undefined> {
    const pair = await makePair('ec', { namedCurve: 'P-256' });
    const spiffeId = spiffeIdOf(trustDomain(), process.name);
    const now = clock.now();
    const issued = await store.write(async (tx) => {
      tx.put(holdShared, { id: process.id });
      const standing = await deps.processes.get(tx, process.id);
      if (standing?.status !== 'active' || standing.epoch !== process.epoch) return undefined;
      const subject = { kind: 'process', id: process.id, name: process.name } as const;
      const names = { uri: [spiffeId] };
      const { publicKey } = pair;
      const wanted = { profile: 'svid', publicKey, subject, names, lifetime: lives.x509 } as const;
      return authority.issue(tx, wanted, { door: call.door, request: call.request });
    });
    if (issued === undefined) return undefined;
    if (!issued.ok)
      throw new Fault('authority', `no SVID for ${process.name}: ${issued.error.code}`);
    const { certificate, chain, notAfter, serial } = issued.value;
    return {
      spiffeId,
      chain: [certificate, ...chain],
      key: pkcs8(pair.privateKey),
      renewAt: now + Math.floor((notAfter - now) / 2),
      notAfter,
      serial,
    };
  }

  /** Neither it nor the CA above it was revoked meanwhile. */
  async function isGood({ chain }: X509Svid): Promise<boolean> {
    return (await store.read((q) => authority.judge(q, chain, 'client'))).ok;
  }

  async function certificateOf(
    workload: Workload,
    call: Call,
  ): Promise<(X509Svid & { serial: string }) | undefined> {
    const { id, epoch } = workload.process;
    const kept = certificates.get(id);
    if (kept !== undefined && kept.epoch === epoch) {
      // One that is being made is waited for: a hundred copies of a program that start at once share it.
      const svid = await kept.value.catch(() => undefined);
      if (svid !== undefined && svid.renewAt > clock.now() && (await isGood(svid))) return svid;
    }
    const again = certificates.get(id);
    if (again !== undefined && again !== kept && again.epoch === epoch) return again.value;
    const value = issue(workload, call);
    certificates.set(id, { epoch, value });
    return value;
  }

  return {
    refuse,

    async x509(caller, call) {
      const who = await known(caller, 'x509-svid', call);
      if (!who.ok) return who;
      const svids: X509Svid[] = [];
      for (const workload of who.value.as) {
        const svid = await certificateOf(workload, call);
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

function createFew(clock: Clock, most: number): (key: string) => boolean {
  let minute = 0;
  let counts = new Map<string, number>();
  return (key) => {
    const now = Math.floor(clock.now() / MINUTE);
    if (now !== minute || counts.size >= MOST_KEPT) {
      minute = now;
      counts = new Map();
    }
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= most;
  };
}

const pkcs8 = (key: KeyObject): Uint8Array => key.export({ format: 'der', type: 'pkcs8' });
