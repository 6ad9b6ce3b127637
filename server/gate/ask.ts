/** The first word of a conversation: who comes, to do what. The answer is a challenge, or a refusal that tells nothing. */
import { hex } from '../kernel/bytes.ts';
import type { PersonId } from '../kernel/id.ts';
import { listHeld } from '../proofs/held-proofs.ts';
import type { ProofModule } from '../proofs/proof.ts';
import type { Resource } from '../subjects/resource.ts';
import { type Arrival, byArrival } from './arrival.ts';
import type { Attempt, Attempts, NewAttempt } from './attempts/attempts.ts';
import type { Demand } from './demand.ts';
import type { GateDeps } from './gate-deps.ts';
import type { Judge } from './judge.ts';
import { NOBODY } from './nobody.ts';
import type { Offer } from './offer.ts';
import type { Outcome } from './outcome.ts';
import { momentOf, present } from './present.ts';
import type { KnownDevices } from './sessions/known-devices.ts';
import { bounded } from './shown.ts';
import { type Guess, guessOf, type Reservation, type Throttle } from './throttles/throttle.ts';
import { PORTAL, SIGN_IN, type Wish, type WishOf } from './wish.ts';

export type Ask =
  /** To sign in; without a name, by a proof that names its owner, such as a passkey. */
  | { readonly to: 'signIn'; readonly identifier?: string }
  /** To log in at a network device, by name. */
  | { readonly to: 'logIn'; readonly identifier: string; readonly wish: Wish }
  /** To enrol proofs with a temporary pass, by name or by the id that an enrolment link carries. */
  | { readonly to: 'enrol'; readonly who: { identifier: string } | { id: PersonId } }
  /** To show proofs again within a session, for something that wants them fresh. */
  | {
      readonly to: 'stepUp';
      readonly session: string;
      readonly wish: Wish | WishOf;
      /** Before a form is filled in: what is fresh now and would not be when it is sent is asked for at once. */
      readonly ahead?: boolean;
      /** What an application wants beyond policy. */
      readonly demand?: Demand | undefined;
      /** What that application is: on record, a demand that can't be met keeps them out of it, whatever the wish. */
      readonly entering?: Pick<Resource, 'id' | 'kind'> | undefined;
    };

/**
 * What a sign-in begins with, for everyone alike: proofs whose challenge tells nothing of the account; without a name, those
 * that name their owner. What else a person holds is said once one of these was right.
 */
function first(ask: { readonly identifier?: string }, proof: ProofModule): boolean {
  return proof.opens && (ask.identifier !== undefined || proof.identify !== undefined);
}

/** An attempt that was opened for its first proof, with a place under the throttles taken in the same moment. */
export interface Begun {
  readonly token: string;
  readonly attempt: Attempt;
  readonly guess: Guess;
  readonly reservation: Reservation;
}

export interface Asking {
  ask(ask: Ask, arrival: Arrival): Promise<Outcome>;
  /** Opens the attempt of somebody who brings name and proof at once; undefined where nobody is asked for this proof first. */
  begin(
    who: { readonly identifier: string; readonly wish?: Wish | undefined },
    offer: Offer,
    arrival: Arrival,
  ): Promise<Begun | undefined>;
}

export function createAsk(
  deps: Pick<GateDeps, 'store' | 'people' | 'proofs' | 'clock' | 'record'>,
  parts: { attempts: Attempts; devices: KnownDevices; judge: Judge; throttle: Throttle },
): Asking {
  const { store, people, proofs, clock, record } = deps;
  const { attempts, devices, judge, throttle } = parts;

  /** Whom a typed name stands for, and the key under which guesses at it are counted. */
  async function named(
    identifier: string | undefined,
    arrival: Arrival,
  ): Promise<Pick<NewAttempt, 'subject' | 'lookup' | 'device'>> {
    const nobody = { subject: undefined, lookup: undefined, device: undefined };
    if (identifier === undefined) return nobody;
    const lookup = people.lookup(identifier);
    return store.read(async (q) => {
      const person = await people.byLookup(q, lookup);
      const device = await devices.recognise(q, arrival.device, person?.id ?? NOBODY);
      return { subject: person?.id, lookup, device };
    });
  }

  /** If it is lost, whoever began it begins again: nothing is proven yet, and what will be is written later than this. */
  function write(attempt: NewAttempt, arrival: Arrival) {
    return store.write((tx) => attempts.open(tx, attempt, arrival), {
      durable: false,
      // Alike whether anybody has the name that was typed.
      of: attempt.subject ?? (attempt.lookup && hex(attempt.lookup)),
    });
  }

  async function open(attempt: NewAttempt, arrival: Arrival): Promise<Outcome> {
    const held =
      attempt.session === undefined || attempt.subject === undefined
        ? []
        : await store.read((q) => listHeld(q, attempt.subject!)); // Checked on the line above.
    const opened = await write(attempt, arrival);
    const moment = momentOf(opened.attempt, arrival, clock.now());
    return {
      state: 'challenged',
      attempt: present(proofs, opened.attempt, opened.token, held, moment),
    };
  }

  async function signingIn(
    ask: { readonly identifier?: string; readonly wish?: Wish | undefined },
    arrival: Arrival,
  ): Promise<NewAttempt> {
    const who = await named(ask.identifier, arrival);
    const asked = arrival.carries.filter((kind) => first(ask, proofs[kind]));
    return { ...who, session: undefined, wish: ask.wish ?? SIGN_IN, asked };
  }

  async function begin(
    who: { readonly identifier: string; readonly wish?: Wish | undefined },
    offer: Offer,
    arrival: Arrival,
  ) {
    const attempt = await signingIn(who, arrival);
    if (!attempt.asked.includes(offer.kind)) return undefined;
    const guess = guessOf(attempt, attempt.device, proofs[offer.kind].guessable, arrival);
    const [reserving, opening] = await Promise.allSettled([
      throttle.reserve(guess),
      write(attempt, arrival),
    ]);
    if (reserving.status === 'rejected') throw reserving.reason;
    const reservation = reserving.value;
    if (opening.status === 'fulfilled') return { ...opening.value, guess, reservation };
    if (reservation.free) reservation.end();
    throw opening.reason;
  }

  async function ask(ask: Ask, arrival: Arrival): Promise<Outcome> {
    switch (ask.to) {
      case 'signIn':
      case 'logIn':
        return open(await signingIn(ask, arrival), arrival);
      case 'enrol': {
        const who =
          'id' in ask.who
            ? { subject: ask.who.id, lookup: undefined, device: undefined }
            : await named(ask.who.identifier, arrival);
        const wish: Wish = { action: 'enrolProof', resource: PORTAL };
        return open({ ...who, session: undefined, wish, asked: ['pass'] }, arrival);
      }
      case 'stepUp': {
        const { session: token, ahead = false, demand } = ask;
        const { wish, judged } = await store.read(async (q) => {
          const wish = typeof ask.wish === 'function' ? await ask.wish(q) : ask.wish;
          return { wish, judged: await judge(q, token, wish, arrival, { ahead, demand }) };
        });
        if (judged.state === 'refused') {
          if (judged.reason === 'not-permitted') {
            const { unmet = false } = judged;
            await store.write((tx) =>
              record.append(tx, {
                type: 'access.refused',
                outcome: 'refused',
                ...byArrival(arrival),
                subject: judged.session.subject,
                actor: judged.session.subject,
                session: judged.session.id,
                // Not for want of a policy: those that permit it are not why.
                reason: unmet ? 'no-rung' : 'not-permitted',
                data: unmet ? forDemand(wish, ask.entering) : forAccess(wish, judged.policies),
              }),
            );
          }
          return { state: 'refused', reason: judged.reason };
        }
        const { session } = judged;
        if (judged.state === 'granted') {
          // Fresh enough already: nothing to show, and the session stays as it is.
          return {
            state: 'granted',
            grant: {
              subject: session.subject,
              kind: session.kind,
              session: { id: session.id, token, expiresAt: session.expiresAt },
            },
          };
        }
        return open(
          {
            subject: session.subject,
            lookup: undefined,
            session: session.id,
            device: session.device,
            wish,
            asked: judged.kinds,
          },
          arrival,
        );
      }
    }
  }

  return { ask, begin };
}

function forDemand(wish: Wish, entering: Pick<Resource, 'id' | 'kind'> | undefined) {
  if (entering === undefined) return forAccess(wish, []);
  const { kind, id } = entering;
  return { action: 'enter' as const, resource: { kind, id }, policies: [] };
}

/** A wish as events tell of it. */
export function forAccess({ action, resource, entry }: Wish, policies: readonly string[]) {
  const { kind } = resource;
  const id = entry?.resource ?? resource.id;
  return {
    action,
    // To the record, a person concerned is the subject of the event, and people are the part that was entered.
    resource: kind === 'person' ? { kind: 'part' as const, id: 'people' } : { kind, id },
    policies: bounded(policies),
  };
}
