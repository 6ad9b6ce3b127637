/**
 * A process at a site: by an access token of ours for that site, which may be bound to a key or a certificate, or by a client
 * certificate itself. Each is judged as `enter`, with the proofs that the token was granted on, and is over when its grant is.
 */
import { hash, X509Certificate } from 'node:crypto';
import { readShownAlone, type ShownAlone, standingMark } from '../../../authority/x509/standing.ts';
import { createBoundedMap } from '../../../kernel/bounded-map.ts';
import { type Clock, MINUTE } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/id.ts';
import type { AnyProofClass } from '../../../policy/request.ts';
import { listProcessProofs } from '../../../proofs/process-held.ts';
import { spendOnce } from '../../../proofs/spent-table.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { Process } from '../../../subjects/process.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Dpop } from '../../entry/dpop.ts';
import { contextOf, type Entrance } from '../../entry/entrances.ts';
import { type GrantId, grantForCheck, insertGrant } from '../../entry/grant-table.ts';
import type { Gate } from '../../gate.ts';
import type { ActivePolicies } from '../../gate-deps.ts';
import { processRequest } from '../../policy-request.ts';
import { agesOf, readShown, type ShownAt, writeShown } from '../../shown.ts';
import type { GrantedTokens } from '../processes/granted-tokens.ts';
import type { JudgeAtSite, Judged, SiteAsk, SiteVerdict } from './site-words.ts';

interface ProcessDeps {
  readonly processes: Processes;
  readonly granted: GrantedTokens;
  readonly clock: Clock;
}

const OVER = 'over';

/** What the process is now, and whether the grant still stands. */
async function factsOf(
  { processes, granted }: ProcessDeps,
  q: Queries,
  grant: GrantId,
  id: string,
) {
  const live = await granted.isLive(q, grant);
  const known = parseId<'process'>(id);
  const process = live && known !== undefined ? await processes.get(q, known) : undefined;
  if (process?.status !== 'active') return undefined;
  return { process, text: `${process.id} ${process.epoch}` };
}

function judgeProcess(
  process: Process,
  proofs: readonly ShownAt<AnyProofClass>[],
  scopes: readonly string[],
  {
    entrance,
    ask,
    active,
    now,
  }: { entrance: Entrance; ask: SiteAsk; active: ActivePolicies; now: number },
) {
  const entry = contextOf(entrance, [], process);
  const request = processRequest(process, entrance.resource, entry, ask.arrival, now);
  const answer = active.ladder(request, agesOf(proofs, now), []);
  // A token may be for less than its process may do.
  const within = scopes.length === 0 || scopes.includes(entrance.function);
  return { permitted: answer.state === 'permitted' && within, policies: answer.policies };
}

function judged(
  who: {
    process: Process;
    text: string;
    grant: GrantId;
    proofs: readonly ShownAt<AnyProofClass>[];
    scopes: readonly string[];
  },
  reread: Judged['reread'],
  at: { entrance: Entrance; ask: SiteAsk; active: ActivePolicies; now: number },
  until: number,
): Judged {
  const { process, text, grant, proofs, scopes } = who;
  const { id, name } = at.entrance.resource;
  const { permitted, policies } = judgeProcess(process, proofs, scopes, at);
  const verdict: SiteVerdict = permitted
    ? {
        state: 'granted',
        site: { id, name },
        until,
        who: {
          kind: 'process',
          id: process.id,
          name: process.name,
          groups: process.groups,
          scopes,
          proofs: proofs.map(({ class: { kind } }) => kind),
          provenAt: Math.max(0, ...proofs.map((proof) => proof.at)),
        },
      }
    : { state: 'refused', reason: 'not-permitted' };
  return {
    verdict,
    until,
    facts: text,
    reread,
    subject: process.id,
    holder: grant,
    proofs,
    policies,
  };
}

function nobody({ resource: { id, name } }: Entrance, now: number): Judged {
  return without({ state: 'nobody', site: { id, name }, shown: true }, now);
}

function without(verdict: SiteVerdict, now: number): Judged {
  return {
    verdict,
    until: now,
    facts: OVER,
    reread: async () => OVER,
    subject: undefined,
    holder: undefined,
    proofs: [],
    policies: [],
  };
}

export function createJudgeToken(
  deps: ProcessDeps & {
    readonly dpop: Dpop;
    readonly store: Store;
    readonly ready: () => Promise<void>;
  },
): JudgeAtSite {
  const { granted, dpop, store, clock, ready } = deps;

  /** RFC 9449 §7.1, RFC 8705 §3: what a token is bound to comes with it, and nobody else's. */
  async function isBound(
    { shown, method, uri }: SiteAsk,
    to: { readonly jkt?: string; readonly 'x5t#S256'?: string } | undefined,
  ): Promise<boolean> {
    if (shown.kind !== 'token') return false;
    if (to?.jkt === undefined && shown.dpop !== undefined) return false;
    if (to === undefined) return true;
    if (to['x5t#S256'] !== undefined) {
      if (shown.certificate === undefined) return false;
      const der = Buffer.from(shown.certificate, 'base64');
      return hash('sha256', der, 'base64url') === to['x5t#S256'];
    }
    if (shown.dpop === undefined) return false;
    const { dpop: proof, text: token } = shown;
    const proven = dpop.verify({ proof, method, url: uri, token, nonce: 'any' });
    if (!proven.ok || proven.value.jkt !== to.jkt) return false;
    return store.write((tx) => spendOnce(tx, proven.value.once));
  }

  return async (q, ask, entrance, active) => {
    const { shown } = ask;
    const now = clock.now();
    if (shown.kind !== 'token') return nobody(entrance, now);
    await ready();
    const live = await granted.find(q, shown.text);
    if (live === undefined || live.resource.id !== entrance.resource.id) {
      return nobody(entrance, now);
    }
    if (!(await isBound(ask, live.confirmation))) return nobody(entrance, now);
    const standing = await factsOf(deps, q, live.grant, live.client);
    const row = await q.one(grantForCheck, { id: live.grant });
    if (standing === undefined || row === undefined) return nobody(entrance, now);
    const { scopes, grant } = live;
    const who = { ...standing, grant, scopes, proofs: readShown(row.proofs) };
    const { client } = live;
    const reread = async (q: Queries) => (await factsOf(deps, q, grant, client))?.text ?? OVER;
    return judged(who, reread, { entrance, ask, active, now }, live.expiresAt);
  };
}

/** For how long one entry by a certificate stands for the requests that follow it. */
const CERTIFICATE_LASTS = 5 * MINUTE;
const MOST_CERTIFICATES = 10_000;

interface CameIn extends Came {
  /** What the certificate rests on, as of before it was judged: once that is another, so may be the answer. */
  readonly mark: string;
}

interface Came {
  readonly grant: GrantId;
  readonly process: string;
  readonly proofs: readonly ShownAt<AnyProofClass>[];
  readonly until: number;
}

export function createJudgeCertificate(
  deps: ProcessDeps & { readonly gate: Pick<Gate, 'enter'> },
): JudgeAtSite {
  const { gate, clock } = deps;
  const known = createBoundedMap<string, CameIn>(MOST_CERTIFICATES);

  /** By the gate: it is throttled, judged and on record there. */
  async function enter(
    der: Uint8Array,
    { notAfter }: ShownAlone,
    { host, method, path, arrival }: SiteAsk,
  ) {
    const as = commonName(der);
    if (as === undefined) return undefined;
    const offers = [{ kind: 'certificate', data: { der } }] as const;
    const entry = { as, offers, resource: { host, method, path }, scopes: [] };
    const outcome = await gate.enter(
      entry,
      arrival,
      async (tx, { grant, process, resource, scopes, proofs, now }): Promise<Came> => {
        const until = Math.min(now + CERTIFICATE_LASTS, notAfter);
        tx.put(insertGrant, {
          id: grant,
          kind: 'process',
          subject_id: process.id,
          epoch: process.epoch,
          client_id: process.id,
          resource_id: resource.id,
          scopes: scopes.join(' '),
          proofs: writeShown(proofs),
          confirmation: null,
          parent_id: null,
          session_id: null,
          created_at: now,
          expires_at: until,
          ended_at: null,
        });
        return { grant, process: process.id, proofs, until };
      },
    );
    if (outcome.state === 'granted') return outcome.value;
    // Whoever can't be let in now is not told that they showed nothing that is good.
    const now = outcome.reason === 'unavailable' || outcome.reason === 'busy';
    return now ? 'unavailable' : undefined;
  }

  /** What it came in by before, while all of it stands: the process, the grant, the proof that it showed, and the certificate. */
  async function standing(q: Queries, key: string, of: ShownAlone) {
    const came = known.get(key);
    const now = clock.now();
    if (came === undefined || came.until <= now) return undefined;
    const facts = await factsOf(deps, q, came.grant, came.process);
    const held = facts && (await listProcessProofs(q, facts.process.id));
    const holds = came.proofs.every(({ proof }) =>
      held?.some(({ id, expiresAt }) => id === proof && (expiresAt ?? now + 1) > now),
    );
    if (facts === undefined || !holds || (await standingMark(q, of)) !== came.mark)
      return undefined;
    return { ...came, ...facts, text: `${facts.text} ${came.mark}` };
  }

  return async (q, ask, entrance, active) => {
    const { shown, host } = ask;
    const now = clock.now();
    if (shown.kind !== 'certificate') return nobody(entrance, now);
    const der = new Uint8Array(Buffer.from(shown.text, 'base64'));
    const of = readShownAlone(der);
    if (of === undefined) return nobody(entrance, now);
    const key = `${of.fingerprint} ${host} ${entrance.function}`;
    let came = await standing(q, key, of);
    if (came === undefined) {
      known.delete(key);
      const mark = await standingMark(q, of);
      const fresh = await enter(der, of, ask);
      if (fresh === undefined) return nobody(entrance, now);
      if (fresh === 'unavailable') return without({ state: 'refused', reason: fresh }, now);
      known.set(key, { ...fresh, mark });
      came = await standing(q, key, of);
      if (came === undefined) return nobody(entrance, now);
    }
    const who = { ...came, scopes: [] };
    const reread = async (again: Queries) => (await standing(again, key, of))?.text ?? OVER;
    const verdict = judged(who, reread, { entrance, ask, active, now }, came.until);
    // That it came in is on record already.
    return { ...verdict, holder: undefined };
  };
}

const PLAIN_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** A certificate says who it is of: the process that its common name names. Whether it is that one's is for its proof to say. */
function commonName(der: Uint8Array): string | undefined {
  try {
    const names = new X509Certificate(der).toLegacyObject().subject.CN as
      | string
      | string[]
      | undefined;
    return typeof names === 'string' && PLAIN_NAME.test(names) ? names : undefined;
  } catch {
    return undefined; // It throws for what is no certificate, which is an expected outcome here.
  }
}
