/**
 * Smart cards, and any certificate of a person's own: its key signs a TLS handshake at a port of its own (doors/cards), whoever
 * issued it is judged there by the authority, and the browser brings a ticket back (card-ticket.ts). TLS signs the whole
 * handshake, the server's certificate with it: nothing can be passed on from a page of somebody else's.
 *
 * A certificate is mapped to exactly one person: by issuer and subject, or by the subject to whom our own authority issued it. A
 * renewed one needs no new enrolment. What it counts as its CA has to have promised: see `worth`.
 */
import { z } from 'zod';
import { type ReadStanding, versionsText } from '../../authority/x509/standing.ts';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { equal } from '../../kernel/equal.ts';
import { Fault } from '../../kernel/fault.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Queries } from '../../store/store.ts';
import type { Box } from '../../vault/vault.ts';
import { addHeld, findByLookup, sealedPlace } from '../held-proofs.ts';
import type {
  Enrolled,
  Enrolling,
  EnrolmentError,
  HeldProof,
  ProofClass,
  ProofDeps,
  ProofModule,
  Ready,
} from '../proof.ts';
import { proofName } from '../proof-name.ts';
import type { CardConfig } from './card-config.ts';
import { touchCardOf, touchOwnCard } from './card-table.ts';
import { type CardFacts, type CardTicket, createCardTickets, restsOn } from './card-ticket.ts';

const offerOf = z.strictObject({ ticket: z.string().regex(/^[A-Za-z0-9_-]{64,4096}$/) });
const enrolmentOptions = z.strictObject({ name: proofName.optional() });
const enrolmentState = z.strictObject({ name: z.string().optional(), nonce: z.string() });

const detailOf = z.object({
  authority: z.string(),
  policies: z.array(z.string()),
  notAfter: z.number(),
  rests: z.array(restsOn).default([]),
});
type Detail = z.output<typeof detailOf>;

/** Of those that were shown before as well: with one of them somebody may be in still. */
const MOST_RESTS = 64;

/** What is kept of the certificate that was shown last, and on what it and those before it rest. */
function writeDetail(
  { authority, policies, notAfter, rests }: CardFacts,
  before: Detail['rests'] = [],
): string {
  const kept = before.filter(
    ({ issuer, serial }) => !rests.some((each) => each.issuer === issuer && each.serial === serial),
  );
  const all = [...kept, ...rests].slice(-MOST_RESTS);
  return JSON.stringify({ authority, policies, notAfter, rests: all });
}

export interface CardModule extends ProofModule {
  readonly kind: 'card';
  /** For an administrator who has the certificate in hand: nobody shows its key, so it is theirs to know whose it is. */
  assign(
    enrolling: Pick<Enrolling, 'subject' | 'held' | 'box'>,
    facts: CardFacts,
    name: string | undefined,
    now: number,
  ): Result<Ready, EnrolmentError>;
  /** Who holds the card of that certificate, where its key was shown otherwise than by a ticket. */
  holder(q: Queries, facts: CardFacts): Promise<HeldProof | undefined>;
  /** That it is that one, in the row of its holder. */
  isOf(held: HeldProof, box: Box, facts: CardFacts): boolean;
  worth(facts: Pick<CardFacts, 'authority' | 'policies'>): ProofClass;
}

const isCard = (proof: HeldProof) => proof.kind === 'card';

export interface CardDeps extends ProofDeps {
  /** Who vouches for certificates now. */
  readonly standing: ReadStanding;
}

export function createCard(deps: CardDeps, config: CardConfig): CardModule {
  const { vault, ids, clock } = deps;
  const tickets = createCardTickets(vault);
  const lookupOf = (mapping: string) => vault.blindIndex('card', mapping);

  /**
   * A key that was shown is something that one has. That it lies in hardware, and that a PIN was asked for, no handshake tells;
   * it counts where whoever issued the certificate promises it, and whoever runs this house believes them.
   */
  function worth({ authority, policies }: Pick<CardFacts, 'authority' | 'policies'>): ProofClass {
    const { withPin } = config;
    const promised =
      authority === 'own'
        ? withPin.own
        : withPin.authorities.includes(authority) ||
          policies.some((policy) => withPin.policies.includes(policy));
    return {
      kind: 'card',
      factors: promised ? ['have', 'know'] : ['have'],
      phishingResistant: true,
      replayResistant: true,
      hardwareBound: promised,
      enrolmentOnly: false,
      effort: 2,
    };
  }

  /**
   * Whether the CA that vouched for it a moment ago still does: a minute is long for who distrusts it. Gives what is to be held until it is
   * used; undefined where it does not stand.
   */
  async function stands(
    q: Queries,
    { authority, serial, standing }: CardTicket,
  ): Promise<{ readonly versions: string } | undefined> {
    const now = await deps.standing(q, { issuer: authority, serial });
    if (now?.row !== standing.row || now.mark !== standing.mark) return undefined;
    if (authority === 'own') return { versions: '' };
    const { mark, versions } = await versionsText(q);
    return mark === standing.mark ? { versions } : undefined;
  }

  function ready(
    { subject, held, box }: Parameters<CardModule['assign']>[0],
    facts: CardFacts,
    name: string | undefined,
    now: number,
  ): Result<Ready, EnrolmentError> {
    if (held.filter(isCard).length >= config.several) return failed({ code: 'too-many' });
    // Ours says whose it is, and is nobody else's.
    if (facts.own !== undefined && facts.own !== subject) {
      return failed({ code: 'not-allowed', detail: 'it was issued to somebody else' });
    }
    const id = ids.next<'proof'>();
    const proof = {
      id,
      subject,
      kind: 'card',
      name: name ?? 'Smart card',
      createdAt: now,
      detail: writeDetail(facts),
      // What the row is compared by: in the row of another it does not open.
      sealed: box.seal(sealedPlace(id), utf8(facts.mapping)),
      counter: 0,
    } as const;
    return ok({
      commit: async (tx): Promise<Result<Enrolled, EnrolmentError>> =>
        (await addHeld(tx, proof, lookupOf(facts.mapping)))
          ? ok({ proof: id })
          : failed({ code: 'held-already' }),
    });
  }

  return {
    kind: 'card',
    most: config.several,
    opens: true,
    stands: true,
    guessable: false,
    describe: (held) =>
      worth(held === undefined ? { authority: '', policies: [] } : readDetail(held)),
    challenge: (_held, moment) => ({ kind: 'card', data: { challenge: base64url(moment.nonce) } }),
    assign: ready,
    worth,
    holder: (q, { mapping }) => findByLookup(q, lookupOf(mapping)),
    isOf: (held, box, { mapping }) => isCard(held) && openMapping(box, held) === mapping,

    async identify(q, offer) {
      const parsed = offerOf.safeParse(offer);
      const ticket = parsed.success ? tickets.read(parsed.data.ticket, clock.now()) : undefined;
      return ticket && (await findByLookup(q, lookupOf(ticket.mapping)))?.subject;
    },

    async verify(q, held, box, offer, moment) {
      const parsed = offerOf.safeParse(offer);
      if (!parsed.success) return { sound: false, reason: 'malformed' };
      const ticket = tickets.read(parsed.data.ticket, moment.now);
      const nonce = ticket && fromBase64url(ticket.nonce);
      // Of another step, or of another attempt: whoever brings it did not ask for it.
      if (ticket === undefined || nonce === undefined || !equal(nonce, moment.nonce)) {
        return { sound: false, reason: 'wrong' };
      }
      const proof =
        box && held.filter(isCard).find((one) => openMapping(box, one) === ticket.mapping);
      if (proof === undefined) return { sound: false, reason: 'not-held' };
      if (ticket.own !== undefined && ticket.own !== proof.subject) {
        return { sound: false, reason: 'wrong', proof: proof.id };
      }
      const standing = ticket.notAfter > moment.now ? await stands(q, ticket) : undefined;
      if (standing === undefined) return { sound: false, reason: 'expired', proof: proof.id };
      const detail = writeDetail(ticket, readDetail(proof).rests);
      const use = {
        subject: proof.subject,
        id: proof.id,
        now: moment.now,
        detail,
        seen: proof.counter,
        seenUse: proof.lastUsedAt ?? -1,
      };
      const { row } = ticket.standing;
      const { versions } = standing;
      return {
        sound: true,
        proof: proof.id,
        class: worth(ticket),
        until: ticket.notAfter,
        // That a ticket is used once rests on its nonce, which is the attempt's. This keeps two uses at once apart.
        spend: async (tx) =>
          (ticket.authority === 'own'
            ? await tx.run(touchOwnCard, { ...use, row })
            : await tx.run(touchCardOf, { ...use, versions })) === 1,
        notes: [],
      };
    },

    async beginEnrolment(enrolling, options) {
      const parsed = enrolmentOptions.safeParse(options ?? {});
      if (!parsed.success) return failed({ code: 'malformed', detail: parsed.error.message });
      if (enrolling.held.filter(isCard).length >= config.several)
        return failed({ code: 'too-many' });
      const challenge = base64url(enrolling.moment.nonce);
      const state = { ...parsed.data, nonce: challenge };
      return ok({ state: utf8(JSON.stringify(state)), offer: { challenge } });
    },

    async finishEnrolment(enrolling, state, offer) {
      const begun = readState(state);
      if (begun === undefined) {
        return failed({ code: 'malformed', detail: 'this enrolment was not begun here' });
      }
      const parsed = offerOf.safeParse(offer);
      if (!parsed.success) return failed({ code: 'malformed', detail: 'the ticket' });
      const { now } = enrolling.moment;
      const ticket = tickets.read(parsed.data.ticket, now);
      if (ticket === undefined || ticket.nonce !== begun.nonce) return failed({ code: 'wrong' });
      const made = ready(enrolling, ticket, begun.name, now);
      if (!made.ok) return made;
      const { commit } = made.value;
      return ok({
        ...made.value,
        commit: async (tx) =>
          (await stands(tx, ticket)) === undefined ? failed({ code: 'wrong' }) : commit(tx),
      });
    },
  };
}

function readState(state: Uint8Array) {
  try {
    return enrolmentState.parse(JSON.parse(fromUtf8(state)));
  } catch {
    // What can't be read was not written by beginEnrolment.
    return undefined;
  }
}

function openMapping(box: Box, held: HeldProof): string | undefined {
  return held.sealed === null ? undefined : fromUtf8(box.open(sealedPlace(held.id), held.sealed));
}

function readDetail(held: HeldProof): Detail {
  try {
    return detailOf.parse(JSON.parse(held.detail));
  } catch (cause) {
    throw new Fault('proof.engine', `the detail of card ${held.id} is damaged`, { cause });
  }
}
