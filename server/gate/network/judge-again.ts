/**
 * Whether whoever is at a network device would be let in there as things are now, and with what: as they stand, by the policies in
 * force, from where they came, with the proofs that they showed. Those are as fresh as they were then: nobody is put out since time
 * passed, which the end of the session is for.
 */
import type { TrustedKind } from '@sallyport/contract/certificates.ts';
import type { Reason } from '@sallyport/contract/event-parts.ts';
import { holdTrusted } from '../../authority/x509/standing-table.ts';
import { fromBase64url } from '../../kernel/bytes.ts';
import { SECOND } from '../../kernel/clock.ts';
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { Reply } from '../../policy/reply.ts';
import type { PolicyContext, PolicyRequest } from '../../policy/request.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { GateDeps } from '../gate-deps.ts';
import { holdsPhishingResistant } from '../judge.ts';
import { devicePrincipal, principalOf } from '../policy-request.ts';
import { agesOf, endOf, readShown } from '../shown.ts';
import { aboutIfSound, type Vouched, writeReply } from './about-session.ts';
import { becauseOf } from './certificate-reason.ts';
import { lastsFor } from './lasts-for.ts';
import { networkResource } from './network-resource.ts';
import type { NetworkSessionRow } from './network-session-row.ts';

/** What was judged by. */
export interface Moment {
  readonly policies: number;
  readonly epoch: number;
  readonly clientEpoch: number;
  /** The CA of others that vouches for it. */
  readonly trusted: string | null;
}

export type JudgedAgain =
  | { readonly state: 'same'; readonly by: Moment }
  | {
      readonly state: 'changed';
      readonly by: Moment;
      readonly reply: Reply;
      readonly until: number;
      readonly policies: readonly string[];
    }
  | { readonly state: 'over'; readonly reason: Reason; readonly policies: readonly string[] };

/** In the transaction that writes down what came of it. */
export type JudgeAgain = (tx: Tx, row: NetworkSessionRow) => Promise<JudgedAgain>;

const over = (reason: Reason, policies: readonly string[] = []): JudgedAgain => ({
  state: 'over',
  reason,
  policies,
});

export function createJudgeAgain(
  deps: Pick<
    GateDeps,
    | 'people'
    | 'devices'
    | 'deviceFacts'
    | 'policies'
    | 'proofs'
    | 'vault'
    | 'clock'
    | 'limits'
    | 'certificates'
  >,
): JudgeAgain {
  const { people, devices, policies, proofs, vault, clock, limits, certificates } = deps;

  /** Why its certificate would not be taken any more; that it is this subject's, their card or the device's proof tells. */
  async function unvouched(
    q: Queries,
    { issuer, chain }: Vouched,
    kind: TrustedKind,
  ): Promise<Reason | undefined> {
    const der = chain.flatMap((one) => fromBase64url(one) ?? []);
    const judged = await certificates.judge(q, der, 'client');
    if (!judged.ok) return becauseOf(judged.reason);
    // What a CA of another name vouches for was given to nobody.
    return judged.issuer === issuer && judged.trustedFor.includes(kind)
      ? undefined
      : 'unknown-authority';
  }

  async function whoOf(q: Queries, row: NetworkSessionRow, now: number) {
    const person = await people.get(q, row.subject_id as PersonId); // A device is no person of that id.
    if (person !== undefined) {
      const strong = holdsPhishingResistant(proofs, await listHeld(q, person.id));
      return {
        kind: 'person' as const,
        person,
        principal: principalOf(person),
        about: { holdsPhishingResistant: strong },
      };
    }
    const device = await devices.get(q, row.subject_id as DeviceId);
    if (device === undefined) return undefined;
    const facts = { device: deps.deviceFacts(device, now) };
    return {
      kind: 'device' as const,
      person: device,
      principal: devicePrincipal(device),
      about: facts,
    };
  }

  return async (tx, row) => {
    const now = clock.now();
    const [who, client, box, active] = await Promise.all([
      whoOf(tx, row, now),
      devices.get(tx, row.client_id),
      vault.subject(tx, row.subject_id),
      policies.current(tx),
    ]);
    if (who === undefined || box === undefined) return over('erased');
    if (who.person.status !== 'active' || client?.status !== 'active') return over('disabled');
    const about = aboutIfSound(box, row);
    if (about === undefined) return over('fault');
    const { source, trusted, worth, vouched, most = Number.MAX_SAFE_INTEGER } = about;
    if (vouched !== undefined) tx.put(holdTrusted, {});
    const gone = vouched && (await unvouched(tx, vouched, who.kind));
    if (gone !== undefined) return over(gone);
    const joined = who.kind === 'device';
    const context: PolicyContext = {
      door: row.door,
      source,
      trustedNetwork: trusted,
      knownDevice: joined,
      ...who.about,
      ...(joined ? {} : { service: row.service }),
      time: Math.floor(now / SECOND),
    };
    const request: PolicyRequest = {
      principal: who.principal,
      action: joined ? 'joinNetwork' : 'logIn',
      resource: networkResource(client),
      context,
    };
    const held = worth === undefined ? readShown(row.shown) : [];
    const shown = worth === undefined ? agesOf(held, row.started_at) : [{ class: worth, age: 0 }];
    const answer = active.ladder(request, shown, []);
    if (answer.state !== 'permitted') {
      const reason = answer.state === 'refused' ? answer.reason : 'not-permitted';
      return over(reason, answer.policies);
    }
    // Policies that contradict one another let nobody in, and leave nobody in.
    const reply = active.replyOf(answer.policies);
    if (reply === undefined) return over('fault', answer.policies);
    const by = {
      policies: active.version,
      epoch: who.person.epoch,
      clientEpoch: client.epoch,
      trusted: vouched?.issuer ?? null,
    };
    if (writeReply(reply) === row.reply) return { state: 'same', by };
    const longest = row.started_at + lastsFor(reply, limits.sessions.absolute);
    const until = Math.min(longest, most, endOf(held));
    if (until <= now) return over('absolute', answer.policies);
    return { state: 'changed', by, reply, until, policies: answer.policies };
  };
}
