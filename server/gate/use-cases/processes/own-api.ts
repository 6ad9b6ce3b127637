/**
 * Access tokens for our own API: those that the command line gets when a person signs in with it. Such a token stands for a grant
 * that hangs on the person's session, and whoever brings it is judged by that session, as the person is: by the proofs shown in it,
 * by what they may do now. It is over with the session, with the grant (taken back on `/me`), and with the person.
 *
 * It is never good by itself. With each call comes a proof of the key that it is bound to (RFC 9449 §7), made for this call, this
 * token and a nonce of ours, and good once. Here that is checked; the judging (judge.ts) reads the grant again in its transaction.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { ProcessId } from '../../../kernel/id.ts';
import { spendOnce } from '../../../proofs/spent-table.ts';
import type { Queries, Store } from '../../../store/store.ts';
import { ACT_AS_ME, ownAudience } from '../../../subjects/built-in.ts';
import type { Arrival } from '../../arrival.ts';
import type { Dpop } from '../../entry/dpop.ts';
import type { GrantId } from '../../entry/grant-table.ts';
import type { Gate } from '../../gate.ts';
import { sessionOfGrant } from '../../sessions/granted-session.ts';
import type { GrantedTokens } from './granted-tokens.ts';

export interface Brought {
  readonly token: string;
  /** Undefined when there was none, or more than one. */
  readonly proof: string | undefined;
  readonly method: string;
  /** As the client knows it, without query. */
  readonly url: string;
}

export type Admitted =
  | { readonly state: 'admitted'; readonly grant: GrantId }
  /** `nonce`: the proof needs another one, which the answer brings; `proof`: it is not good; `token`: that is not. */
  | {
      readonly state: 'refused';
      readonly reason: 'nonce' | 'proof' | 'token' | 'unavailable';
    };

export interface OwnApi {
  admit(brought: Brought, arrival: Arrival): Promise<Admitted>;
  /** For what came as if it were bound to nothing: a token of ours that is bound to a key is on record as refused. */
  unproven(token: string, arrival: Arrival): Promise<void>;
  nonce(): string;
}

export function createOwnApi(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly dpop: Dpop;
  readonly granted: GrantedTokens;
  readonly gate: Pick<Gate, 'sessions' | 'refusedToken'>;
  /** The address that clients know us by. */
  readonly origin: () => string;
  readonly ready: () => Promise<void>;
  readonly report: (fault: unknown) => void;
}): OwnApi {
  const { store, clock, dpop, granted, gate, ready, report } = deps;

  /** The grant of a token that is for us, of a person who is in, and bound to the key that was shown. */
  async function grantOf(q: Queries, token: string, jkt: string): Promise<GrantId | undefined> {
    const live = await granted.find(q, token);
    if (live === undefined || live.audience !== ownAudience(deps.origin())) return undefined;
    const bound = live.confirmation !== undefined && 'jkt' in live.confirmation;
    if (!bound || live.confirmation.jkt !== jkt || live.act !== undefined) return undefined;
    if (!live.scopes.includes(ACT_AS_ME)) return undefined;
    const session = await sessionOfGrant(q, gate.sessions, live.grant, clock.now());
    return session === undefined ? undefined : live.grant;
  }

  /** A token of ours without its key, or with a proof for something else, is what theft looks like. */
  async function note(token: string, arrival: Arrival): Promise<void> {
    const live = await store.read((q) => granted.find(q, token));
    if (live === undefined) return;
    const { grant, client, resource } = live;
    await gate.refusedToken(
      {
        grant,
        process: client as ProcessId, // Each client is a process, or an application that has its id.
        resource: { kind: resource.kind, id: resource.id },
      },
      arrival,
    );
  }

  async function admit({ token, proof, method, url }: Brought): Promise<Admitted> {
    if (proof === undefined) return { state: 'refused', reason: 'proof' };
    const proven = dpop.verify({ proof, method, url, token, nonce: 'required' });
    if (!proven.ok) {
      return { state: 'refused', reason: proven.error === 'nonce' ? 'nonce' : 'proof' };
    }
    await ready();
    const { jkt, once } = proven.value;
    // Looked at first: what is good for nothing must not cost a write.
    if ((await store.read((q) => grantOf(q, token, jkt))) === undefined) {
      return { state: 'refused', reason: 'token' };
    }
    return store.write(async (tx) => {
      if (!(await spendOnce(tx, once))) return { state: 'refused', reason: 'proof' };
      const grant = await grantOf(tx, token, jkt);
      return grant === undefined
        ? { state: 'refused', reason: 'token' }
        : { state: 'admitted', grant };
    });
  }

  return {
    nonce: dpop.nonce,
    async admit(brought, arrival) {
      try {
        const answer = await admit(brought);
        // Whoever has the key asks for a nonce like that.
        if (answer.state === 'refused' && answer.reason !== 'nonce') {
          await note(brought.token, arrival);
        }
        return answer;
      } catch (fault) {
        report(fault);
        return { state: 'refused', reason: 'unavailable' };
      }
    },
    unproven: (token, arrival) => note(token, arrival).catch(report),
  };
}
