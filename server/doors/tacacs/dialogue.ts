/**
 * Authentication (RFC 8907 §5): the device shows what we ask, and hands on what is typed. A dialogue is a generator: it yields a
 * prompt, is given what was typed, and returns the last answer. Who somebody is, and what is enough, is for the gate to say.
 *
 *   ASCII   name, password, code, each with a prompt of its own, or a passkey in the browser; also for `enable`, which asks for all
 *           of it anew
 *   PAP     all at once: the password with the code right behind it, or a passkey in the browser meanwhile, where that is allowed
 *
 * CHAP and MS-CHAP want a password that can be read back, and there is none (RFC 8907 §10.5.3 advises against them, too).
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Arrival } from '../../gate/arrival.ts';
import { ELSEWHERE, finishesElsewhere } from '../../gate/network/elsewhere.ts';
import { isNamed } from '../../gate/network/is-named.ts';
import type { KeptWaiting } from '../../gate/network/kept-waiting.ts';
import type {
  LogInOutcome,
  Network,
  NetworkClient,
  NetworkSessionId,
  UnjudgedBecause,
} from '../../gate/network/network-words.ts';
import type { OpenAttempt } from '../../gate/outcome.ts';
import { type Clock, secondsUntil } from '../../kernel/clock.ts';
import {
  ACTION,
  AUTHENTICATION,
  type Continue,
  REPLY_FLAG,
  type Reply,
  SERVICE,
  AUTHENTICATION_STATUS as STATUS,
  type Start,
} from '../../wire/tacacs/authentication.ts';
import { createApproveElsewhere } from './approving.ts';
import type { Seat, Seats } from './seats.ts';
import type { TacacsConfig } from './tacacs-config.ts';
import { cutCode, offerOf, textOf } from './typed.ts';

export interface DialogueDeps {
  readonly network: Pick<
    Network,
    'logIn' | 'prove' | 'unjudged' | 'hold' | 'collect' | 'withdraw' | 'unused'
  >;
  readonly seats: Seats;
  readonly clock: Clock;
  readonly codePrompt: 'data' | 'password';
  /** Whether a passkey can be shown in the browser where a policy wants one, and at which devices without a number. */
  readonly approve: Pick<TacacsConfig['approve'], 'enabled' | 'withoutNumber'>;
  readonly keptWaiting: Pick<KeptWaiting, 'wait'>;
  /** Where people reach our pages. */
  readonly origin: () => string;
}

/** What a generator is, as far as it is used: `next` with what was typed, until it is done. */
export interface Dialogue {
  next(typed: Continue): Promise<IteratorResult<Reply, Reply>>;
  return(last: Reply): Promise<IteratorResult<Reply, Reply>>;
  /** Its last answer was not said: what that granted ends. */
  unsaid(): Promise<void>;
}

type Spoken = Pick<Dialogue, 'next' | 'return'>;

/** Who came, and what they were granted. */
interface Came {
  readonly start: Start;
  readonly client: NetworkClient;
  readonly arrival: Arrival;
  granted?: { readonly seat: Seat; readonly session: NetworkSessionId };
}

export type BeginDialogue = (
  start: Start,
  minor: 0 | 1,
  client: NetworkClient,
  arrival: Arrival,
) => Dialogue;

/** Prompts of one dialogue: name, password, and a few tries for a code. */
const MOST_PROMPTS = 6;
const NONE = new Uint8Array();

const answer = (status: number, message = '', flags = 0): Reply => ({
  status,
  flags,
  message,
  data: NONE,
});
const fail = (message: string) => answer(STATUS.fail, message);

export function createDialogue(deps: DialogueDeps): BeginDialogue {
  const { network, seats, clock, codePrompt, origin, keptWaiting } = deps;
  const withoutNumber = new Set(deps.approve.withoutNumber);
  const forMore = codePrompt === 'data' ? STATUS.getData : STATUS.getPass;
  const approve = deps.approve.enabled
    ? createApproveElsewhere({ network, clock, origin, prompt: (text) => answer(forMore, text) })
    : undefined;

  function refusal(refused: LogInOutcome & { state: 'refused' }): Reply {
    switch (refused.reason) {
      case 'throttled':
      case 'busy': {
        const seconds = secondsUntil(refused.retryAt ?? clock.now(), clock.now());
        return fail(`Too many tries. Try again in ${seconds} seconds.`);
      }
      case 'unavailable':
        // The device may ask another server, as it does where this one is down.
        return answer(STATUS.error, 'Sallyport can not answer just now.');
      case 'not-permitted':
        return fail('You may not log in here.');
      case 'used':
        return fail('That code was used before. Wait for the next one.');
      default:
        return fail('That did not match.');
    }
  }

  /** A code may be typed again; with another password one begins anew, as devices do by themselves. */
  function triesAgain(outcome: LogInOutcome): OpenAttempt | undefined {
    if (outcome.state !== 'refused' || outcome.attempt === undefined) return undefined;
    const { reason, attempt } = outcome;
    const again = reason === 'wrong' || reason === 'used';
    return again && !kindsOf(attempt).includes('password') ? attempt : undefined;
  }

  function prompt(attempt: OpenAttempt, before: string): Reply | undefined {
    const kinds = kindsOf(attempt);
    if (kinds.includes('password')) return answer(STATUS.getPass, 'Password: ', REPLY_FLAG.noEcho);
    const codes = kinds.filter((kind) => kind in CODES);
    if (codes.length === 0) return undefined;
    return answer(forMore, `${before}${words(codes)}: `, REPLY_FLAG.noEcho);
  }

  async function finished(outcome: LogInOutcome, user: string, came: Came): Promise<Reply> {
    const { start, client, arrival } = came;
    if (outcome.state === 'refused') return refusal(outcome);
    if (outcome.state === 'challenged') {
      return fail(
        kindsOf(outcome.attempt).includes('password')
          ? 'That did not match.'
          : 'More is needed than this device can ask for. Type the code right behind the password.',
      );
    }
    const { login } = outcome;
    const enabled = start.service === SERVICE.enable;
    if (enabled && start.privilege > Number(login.attributes.privilege ?? 1)) {
      await network.unused(login.session, client, arrival);
      return fail(`You may not have the level ${start.privilege} here.`);
    }
    const { port, remoteAddress } = start;
    const seat = { user, port, remoteAddress };
    seats.take(client, seat, login, enabled);
    came.granted = { seat, session: login.session };
    return answer(STATUS.pass);
  }

  async function* ascii(came: Came): AsyncGenerator<Reply, Reply, Continue> {
    const { start, client, arrival: from } = came;
    let { user } = start;
    if (user === '') {
      const typed = yield answer(STATUS.getUser, 'Username: ');
      user = textOf(typed.message) ?? '';
      if (user === '') return fail('A name is needed.');
    }
    const service = start.service === SERVICE.enable ? 'enable' : 'admin';
    const station = stationOf(start);
    const arrival = arrivalAs(user, from, approve !== undefined);
    let outcome = await network.logIn({ identifier: user, client, service, station }, arrival);
    for (let prompts = 0; prompts < MOST_PROMPTS; prompts += 1) {
      const again = triesAgain(outcome);
      const attempt = outcome.state === 'challenged' ? outcome.attempt : again;
      const asked =
        attempt && prompt(attempt, again === undefined ? '' : `${refusalWord(outcome)} `);
      if (attempt !== undefined && asked === undefined && finishesElsewhere(attempt)) {
        if (approve !== undefined) outcome = yield* approve(attempt, station, arrival);
        break;
      }
      if (attempt === undefined || asked === undefined) break;
      const typed = yield asked;
      const offer = offerOf(kindsOf(attempt), textOf(typed.message) ?? '');
      if (offer === undefined) return fail('That did not match.');
      outcome = await network.prove(attempt.token, offer, arrival);
    }
    return finished(outcome, user, came);
  }

  /** Whether a device that shows no number may wait for what is shown in the browser. */
  const mayWait = (client: NetworkClient) =>
    approve !== undefined && isNamed(client, withoutNumber);

  async function pap(came: Came, wanted: () => boolean): Promise<Reply> {
    const { start, client, arrival: from } = came;
    const { user } = start;
    const typed = textOf(start.data);
    if (user === '' || typed === undefined) return fail('That did not match.');
    const arrival = arrivalAs(user, from, mayWait(client));
    const station = stationOf(start);
    const { password, code } = cutCode(typed);
    const first = { kind: 'password', data: { password } } as const;
    const login = { identifier: user, client, service: 'admin', station };
    let outcome = await network.logIn(login, arrival, first);
    if (outcome.state === 'challenged') {
      const { attempt } = outcome;
      const offer = code === undefined ? undefined : offerOf(kindsOf(attempt), code);
      if (offer !== undefined) {
        outcome = await network.prove(attempt.token, offer, arrival);
      } else if (code === undefined && finishesElsewhere(attempt)) {
        const waited = await keptWaiting.wait(attempt, { arrival, station, wanted });
        outcome = waited ?? { state: 'refused', reason: 'not-permitted' };
      }
    }
    return finished(outcome, user, came);
  }

  function speak(came: Came, minor: 0 | 1): Spoken {
    const { start, client, arrival } = came;
    /** Nobody is judged, and it is on record. */
    const unjudged = (because: UnjudgedBecause, reply: Reply) =>
      answered(async () => {
        const asked = { client, name: start.user, station: stationOf(start) };
        await network.unjudged(because, asked, arrival);
        return reply;
      });
    if (start.action === ACTION.changePassword) {
      return unjudged('no-method', fail('Change your password in the portal.'));
    }
    if (start.action !== ACTION.login) {
      return unjudged('no-method', answer(STATUS.error, 'That is not spoken here.'));
    }
    switch (start.type) {
      case AUTHENTICATION.ascii:
        return ascii(came);
      case AUTHENTICATION.pap:
        // RFC 8907 §5.4.2.2: the password comes in the first packet, which is of minor version 1.
        if (minor !== 1 || start.service === SERVICE.enable) {
          const words = 'PAP is spoken in its minor version 1, and not for enable.';
          return unjudged('no-method', answer(STATUS.error, words));
        }
        return start.user === '' || textOf(start.data) === undefined
          ? unjudged('no-password', fail('That did not match.'))
          : answered((wanted) => pap(came, wanted));
      default:
        return unjudged(
          start.type === AUTHENTICATION.chap ? 'chap' : 'ms-chap',
          fail('This device asks in a way that needs readable passwords. Set it to PAP or ASCII.'),
        );
    }
  }

  return (start, minor, client, arrival) => {
    const came: Came = { start, client, arrival };
    const spoken = speak(came, minor);
    return {
      next: (typed) => spoken.next(typed),
      return: (last) => spoken.return(last),
      async unsaid() {
        const { granted } = came;
        if (granted === undefined) return;
        seats.giveBack(client, granted.seat, granted.session);
        await network.unused(granted.session, client, arrival);
      },
    };
  };
}

/** A dialogue of one answer; `wanted` until the device is gone. */
function answered(work: (wanted: () => boolean) => Promise<Reply>): Spoken {
  let gone = false;
  return {
    next: async () => ({ done: true, value: await work(() => !gone) }),
    async return(value) {
      gone = true;
      return { done: true, value };
    },
  };
}

function kindsOf({ challenges }: OpenAttempt): ProofKind[] {
  return challenges.map(({ kind }) => kind);
}

const CODES: Readonly<Partial<Record<ProofKind, string>>> = {
  totp: 'code',
  upstream: 'code of your company token',
  recovery: 'recovery code',
};

function words(kinds: readonly ProofKind[]): string {
  const text = Object.entries(CODES)
    .flatMap(([kind, word]) => (kinds.some((one) => one === kind) ? [word] : []))
    .join(', or ');
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const refusalWord = (outcome: LogInOutcome) =>
  outcome.state === 'refused' && outcome.reason === 'used'
    ? 'That code was used before, wait for the next one.'
    : 'That did not match.';

const arrivalAs = (called: string, from: Arrival, mayShowElsewhere: boolean): Arrival => ({
  ...from,
  called,
  ...(mayShowElsewhere ? { elsewhere: ELSEWHERE } : {}),
});

const stationOf = ({ remoteAddress, port }: Start) =>
  `${remoteAddress} ${port}`.replaceAll(/[^\x20-\x7e]/g, '?').trim() || undefined;
