/**
 * Certificates of people, as the certificate port gets them: judged by the authority while the handshake is still warm, and made
 * into a ticket for the step that asked (proofs/card). Whether it opens anything is for the gate, when the browser brings it back.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type {
  Authority,
  JudgedReason,
  LastShown,
  ShownCertificate,
} from '../../../authority/x509/authority-words.ts';
import type { ReadStanding } from '../../../authority/x509/standing.ts';
import { fromBase64url } from '../../../kernel/bytes.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { CardModule } from '../../../proofs/card/card.ts';
import { type CardFacts, createCardTickets } from '../../../proofs/card/card-ticket.ts';
import { listHeld, removeHeld } from '../../../proofs/held-proofs.ts';
import type { Enrolled, EnrolmentError } from '../../../proofs/proof.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import type { Vault } from '../../../vault/vault.ts';
import { cardFactsOf } from '../../card-facts.ts';
import { endAwayGrantsBy } from '../../entry/grant-table.ts';
import { holdAlone } from '../../holding-table.ts';
import { endLogInsOf } from '../../network/log-in-endings.ts';
import { endOtherSessions, NO_SESSION } from '../../sessions/session-table.ts';
import { createFewAMinute } from '../../throttles/few-a-minute.ts';

/** `none`: no certificate was shown. `not-for-people`: its authority is not trusted for them, or it is a device's or process's. */
export type CardRefused = 'none' | 'malformed' | 'not-for-people' | JudgedReason;

/** How the certificate came. */
export interface CardArrival {
  readonly door: string;
  readonly request: string;
  readonly address: string;
  readonly network: string;
}

export interface Cards {
  /** `challenge` is what the page was given for its step; the ticket is good for that alone, and for a minute. */
  present(
    chain: readonly Uint8Array[],
    challenge: string,
    arrival: CardArrival,
  ): Promise<Result<string, CardRefused>>;
  /** The same, in a transaction that there is already. */
  assignIn(
    tx: Tx,
    chain: readonly Uint8Array[],
    person: PersonId,
    name: string | undefined,
    by: By,
  ): Promise<Result<Enrolled, CardRefused | EnrolmentError['code']>>;
  /** By an administrator who has the certificate in hand; not judged. */
  assign(
    chain: readonly Uint8Array[],
    person: PersonId,
    name: string | undefined,
    by: By,
  ): Promise<Result<Enrolled, CardRefused | EnrolmentError['code']>>;
  /** One that was lost, or given back; whoever signed in is out. Not judged. */
  remove(tx: Tx, person: PersonId, proof: string, by: By): Promise<boolean>;
}

export interface CardsDeps {
  readonly store: Store;
  readonly vault: Pick<Vault, 'system' | 'subject'>;
  readonly authority: Pick<Authority, 'judge'> & LastShown & { readonly standing: ReadStanding };
  readonly card: Pick<CardModule, 'assign'>;
  readonly record: Recorder;
  readonly clock: Clock;
}

const CHALLENGE_BYTES = 32;

/** In the record's own words. */
const REASONS: Readonly<Record<CardRefused, Reason>> = {
  none: 'not-held',
  malformed: 'malformed',
  'not-for-people': 'not-here',
  'unknown-authority': 'not-allowed',
  'not-yet': 'not-valid',
  expired: 'expired',
  revoked: 'not-valid',
  'revocation-unknown': 'not-valid',
  'not-for-this': 'not-valid',
  weak: 'not-valid',
};

export function createCards(deps: CardsDeps): Cards {
  const { store, vault, authority, card, record, clock } = deps;
  const tickets = createCardTickets(vault);
  const firstOf = createFewAMinute(clock);

  async function judged(
    q: Queries,
    chain: readonly Uint8Array[],
  ): Promise<Result<{ facts: CardFacts; certificate: ShownCertificate }, CardRefused>> {
    if (chain.length === 0) return failed('none');
    const certificate = await authority.judge(q, chain, 'client');
    if (!certificate.ok) return failed(certificate.reason);
    const facts = cardFactsOf(certificate);
    return facts.ok ? ok({ facts: facts.value, certificate }) : facts;
  }

  /** Of strangers who knock again and again, the first in a minute, and so many of all of them: nobody fills the record with certificates of their own. */
  async function refuse(error: CardRefused, arrival: CardArrival) {
    if (error !== 'none' && firstOf(`${arrival.network} ${error}`)) {
      const { door, request, address } = arrival;
      await store.write((tx) =>
        record.append(tx, {
          type: 'card.refused',
          outcome: 'refused',
          door,
          request,
          reason: REASONS[error],
          personal: { address },
          data: { because: error },
        }),
      );
    }
    return failed(error);
  }

  async function assignIn(
    tx: Tx,
    chain: readonly Uint8Array[],
    subject: PersonId,
    name: string | undefined,
    by: By,
  ): Promise<Result<Enrolled, CardRefused | EnrolmentError['code']>> {
    const found = await judged(tx, chain);
    if (!found.ok) return found;
    const { facts } = found.value;
    tx.put(holdAlone, { id: subject });
    const held = await listHeld(tx, subject);
    const box = await vault.subject(tx, subject);
    if (box === undefined) return failed('not-allowed');
    const ready = card.assign({ subject, held, box }, facts, name, clock.now());
    const done = ready.ok ? await ready.value.commit(tx) : ready;
    if (!done.ok) return failed(done.error.code);
    await record.append(tx, {
      type: 'proof.enrolled',
      outcome: 'done',
      subject,
      ...by,
      data: {
        proof: done.value.proof,
        kind: 'card',
        detail: `assigned by an administrator (${facts.authority})`,
      },
    });
    return done;
  }

  return {
    async present(chain, challenge, arrival) {
      if (fromBase64url(challenge)?.length !== CHALLENGE_BYTES) return failed('malformed');
      const shown = await store.read(async (q) => {
        const found = await judged(q, chain);
        if (!found.ok) return found;
        const { facts, certificate } = found.value;
        const { authority: issuer, serial } = facts;
        const standing = await authority.standing(q, { issuer, serial });
        return standing === undefined
          ? failed('unknown-authority' as const)
          : ok({ facts, certificate, standing });
      });
      if (!shown.ok) return refuse(shown.error, arrival);
      const { facts, certificate, standing } = shown.value;
      if (authority.isToNote(certificate)) {
        await store.write(async (tx) => authority.noteShown(tx, certificate, arrival.door));
      }
      return ok(tickets.write(facts, standing, challenge, clock.now()));
    },

    assignIn,

    assign: (chain, subject, name, by) =>
      store.write((tx) => assignIn(tx, chain, subject, name, by)),

    async remove(tx, subject, id, by) {
      tx.put(holdAlone, { id: subject });
      const held = (await listHeld(tx, subject)).find((one) => one.id === id);
      if (held?.kind !== 'card' || !(await removeHeld(tx, subject, held.id))) return false;
      const now = clock.now();
      await tx.run(endAwayGrantsBy, { subject, proof: `%"${held.id}"%`, now });
      await tx.run(endOtherSessions, { subject, except: NO_SESSION, now });
      await endLogInsOf(tx, deps, { subject, proof: held.id }, by);
      const data = { proof: held.id, kind: 'card' } as const;
      await record.append(tx, { type: 'proof.removed', outcome: 'done', subject, ...by, data });
      return true;
    },
  };
}
