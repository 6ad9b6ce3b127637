/**
 * Certificates that say which process a program is (X509-SVID). Each and its key are made once for a process and kept here, in memory
 * alone, until half of its life is over; whoever is that process meanwhile gets the same one. A process that was changed or disabled
 * has another epoch, and what was kept is void.
 */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Authority } from '../../../authority/x509/authority-words.ts';
import { createBoundedMap } from '../../../kernel/bounded-map.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { Fault } from '../../../kernel/fault.ts';
import type { Store } from '../../../store/store.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Workload } from '../../../subjects/workloads.ts';
import { holdShared } from '../../holding-table.ts';
import type { Call } from './identity-notes.ts';
import { spiffeIdOf } from './spiffe-id.ts';

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

interface Kept {
  readonly epoch: number;
  readonly value: Promise<NumberedSvid | undefined>;
}

type NumberedSvid = X509Svid & { readonly serial: string };

const MOST_KEPT = 10_000;
const makePair = promisify(generateKeyPair);

export function createX509Svids(
  deps: {
    readonly store: Store;
    readonly processes: Pick<Processes, 'get'>;
    readonly authority: Pick<Authority, 'issue' | 'judge'>;
    readonly clock: Clock;
    readonly trustDomain: () => string;
  },
  lifetime: number,
) {
  const { store, processes, authority, clock, trustDomain } = deps;
  const certificates = createBoundedMap<string, Kept>(MOST_KEPT);

  /** Undefined for whoever was shut out since they were looked at: what ends their certificates is not to miss this one. */
  async function issue({ process }: Workload, call: Call): Promise<NumberedSvid | undefined> {
    const pair = await makePair('ec', { namedCurve: 'P-256' });
    const spiffeId = spiffeIdOf(trustDomain(), process.name);
    const now = clock.now();
    const issued = await store.write(async (tx) => {
      tx.put(holdShared, { id: process.id });
      const standing = await processes.get(tx, process.id);
      if (standing?.status !== 'active' || standing.epoch !== process.epoch) return undefined;
      const subject = { kind: 'process', id: process.id, name: process.name } as const;
      const names = { uri: [spiffeId] };
      const { publicKey } = pair;
      const wanted = { profile: 'svid', publicKey, subject, names, lifetime } as const;
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

  async function of(workload: Workload, call: Call): Promise<NumberedSvid | undefined> {
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

  return { of };
}

const pkcs8 = (key: KeyObject): Uint8Array => key.export({ format: 'der', type: 'pkcs8' });
