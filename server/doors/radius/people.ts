/**
 * People at network devices: a password by PAP, then a challenge for the second proof (RFC 2865 §4.4), or both in one field where a
 * device can't ask twice. CHAP needs passwords that can be read, which nobody has here; it is refused.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { NOT_YET } from '../../gate/network/elsewhere.ts';
import type { LoggedIn, LogInOutcome, Network } from '../../gate/network/network-words.ts';
import { kindOfCode } from '../../gate/network/typed-code.ts';
import type { Offer } from '../../gate/offer.ts';
import type { OpenAttempt, RefusedReason } from '../../gate/outcome.ts';
import { type Clock, secondsUntil } from '../../kernel/clock.ts';
import type { Approving, HeldLogIn } from './approving.ts';
import type { Asked } from './request.ts';

/** A challenge that somebody was asked, until they answer. */
export interface OpenLogIn {
  readonly token: string;
  /** Who it is: whoever answers is to say the same. */
  readonly name: string;
  readonly kinds: readonly ProofKind[];
  /** Until when a code may be typed. */
  readonly until: number;
  /** What waits in the browser for the same log-in. */
  readonly held?: HeldLogIn;
}

export type PeopleAnswer =
  | { readonly state: 'accept'; readonly login: LoggedIn }
  | { readonly state: 'challenge'; readonly open: OpenLogIn; readonly says: string }
  | { readonly state: 'reject'; readonly says: string | undefined };

export interface People {
  logIn(name: string | undefined, typed: string | undefined, asked: Asked): Promise<PeopleAnswer>;
  answer(open: OpenLogIn, typed: string | undefined, asked: Asked): Promise<PeopleAnswer>;
  /** Whoever was asked is gone. */
  leave(open: OpenLogIn, asked: Asked): Promise<void>;
}

/** Of a log-in that goes on: what was held of it already, and what is said first. */
interface Before {
  readonly held?: HeldLogIn | undefined;
  readonly says?: string | undefined;
}

const SILENT: PeopleAnswer = { state: 'reject', says: undefined };
const TOO_MANY = 'Too many logins of yours wait already.';

export function createPeople({
  network,
  clock,
  approving,
  answerTime,
}: {
  readonly network: Pick<Network, 'logIn' | 'prove'>;
  readonly clock: Clock;
  readonly approving: Approving;
  readonly answerTime: number;
}): People {
  async function read(
    outcome: LogInOutcome,
    name: string,
    asked: Asked,
    { held }: Before = {},
  ): Promise<PeopleAnswer> {
    switch (outcome.state) {
      case 'granted':
        return { state: 'accept', login: outcome.login };
      case 'challenged':
        return ask(outcome.attempt, name, asked, { held });
      case 'refused': {
        const { reason, attempt, retryAt } = outcome;
        const says = sentence(reason, retryAt, clock.now());
        // Somebody who mistyped a code is asked again, for as long as the gate lets them.
        if (attempt !== undefined && attempt.proven.length > 0) {
          return ask(attempt, name, asked, { held, says });
        }
        return reject(says);
      }
    }
  }

  async function ask(
    attempt: OpenAttempt,
    name: string,
    asked: Asked,
    before: Before,
  ): Promise<PeopleAnswer> {
    const kinds = attempt.challenges.map(({ kind }) => kind).filter((kind) => kind in WORDS);
    const chosen = kinds.length === 0 || approving.offered(asked.client);
    let { held } = before;
    if (held === undefined && chosen && approving.wanted(attempt) && !asked.asksOnce) {
      const holding = await approving.hold(attempt, asked);
      if (typeof holding === 'object') held = holding;
      else if (kinds.length === 0) return reject(holding === 'too-many' ? TOO_MANY : undefined);
    }
    const { token } = attempt;
    const until = clock.now() + answerTime;
    return question({ token, name, kinds, until, ...(held && { held }) }, before.says);
  }

  function question(open: OpenLogIn, before: string | undefined): PeopleAnswer {
    const { kinds, held } = open;
    const codes = kinds.map((kind) => WORDS[kind]).join(', or ');
    const says = [
      ...(before === undefined ? [] : [before]),
      ...(held === undefined ? [] : [approving.says(held)]),
      ...(codes === '' ? [] : [`${held === undefined ? 'Type' : 'Or type'} ${codes}.`]),
    ];
    if (held === undefined && codes === '') return SILENT;
    return { state: 'challenge', open, says: says.join(' ') };
  }

  /**
   * A code right behind a password, where there is one field. Without one, whoever can't be asked twice may show a passkey meanwhile,
   * where that is allowed.
   */
  async function both(name: string, typed: string, asked: Asked): Promise<PeopleAnswer> {
    const { client, service, station, arrival } = asked;
    const [, password, code] = /^(.+?)(\d{6})$/s.exec(typed) ?? [];
    const first = await network.logIn({ identifier: name, client, service, station }, arrival, {
      kind: 'password',
      data: { password: password ?? typed },
    });
    const waits = first.state === 'challenged' && code === undefined && asked.asksOnce;
    if (waits && approving.wanted(first.attempt)) {
      const waited = await approving.wait(first.attempt, asked);
      return waited?.state === 'granted' ? { state: 'accept', login: waited.login } : SILENT;
    }
    if (first.state === 'challenged' && code === undefined && !asked.asksOnce) {
      return read(first, name, asked);
    }
    if (first.state !== 'challenged' || code === undefined) {
      const read_ = await read(first, name, asked);
      return read_.state === 'challenge' ? SILENT : read_;
    }
    const { token, challenges } = first.attempt;
    const kind = kindOfCode(
      code,
      challenges.map(({ kind }) => kind),
    );
    if (kind === undefined) return SILENT;
    const proven = await network.prove(token, { kind, data: { code } }, arrival);
    const second = await read(proven, name, asked);
    return second.state === 'challenge' ? SILENT : second;
  }

  return {
    async logIn(name, typed, from) {
      const asked = { ...from, arrival: approving.arrivalAt(from) };
      const { client, service, station, arrival } = asked;
      if (name === undefined || name === '' || typed === undefined || typed === '') return SILENT;
      if (asked.asksOnce || asked.oneField) return both(name, typed, asked);
      const offer: Offer = { kind: 'password', data: { password: typed } };
      const login = { identifier: name, client, service, station };
      return read(await network.logIn(login, arrival, offer), name, asked);
    },

    async answer(open, typed, from) {
      const { token, name, kinds, until, held } = open;
      const asked = { ...from, arrival: approving.arrivalAt(from) };
      if (typed === undefined) return SILENT;
      if (held !== undefined && !isCode(typed)) {
        const stands = await approving.collect(token, held, asked);
        if (stands.state !== 'waiting') return read(stands, name, asked);
        return question({ ...open, held: stands.held }, NOT_YET);
      }
      const kind = kindOfCode(typed, kinds);
      if (kind === undefined || typed === '' || clock.now() >= until) return SILENT;
      const offer = { kind, data: { code: typed } };
      return read(await network.prove(token, offer, asked.arrival), name, asked, { held });
    },

    async leave({ token, held }, asked) {
      if (held !== undefined) await approving.withdraw(token, asked);
    },
  };
}

const WORDS: Readonly<Partial<Record<ProofKind, string>>> = {
  totp: 'the code that your authenticator app shows',
  upstream: 'the code of your company token',
  recovery: 'one of your recovery codes',
};

/** Whether it may be a code, and not just an answer. */
const isCode = (typed: string) => /^[\d\s]{6,10}$/.test(typed) || typed.trim().length >= 12;

function sentence(
  reason: RefusedReason,
  retryAt: number | undefined,
  now: number,
): string | undefined {
  switch (reason) {
    case 'throttled':
      return retryAt === undefined
        ? 'Too many tries.'
        : `Too many tries. Wait ${secondsUntil(retryAt, now)} seconds.`;
    case 'used':
      return 'That code was used already. Wait for the next one.';
    case 'wrong':
      return 'That did not match.';
    case 'busy':
      return 'Too much is asked of the server at once. Try again.';
    default:
      return undefined;
  }
}

const reject = (says: string | undefined): PeopleAnswer => ({ state: 'reject', says });
