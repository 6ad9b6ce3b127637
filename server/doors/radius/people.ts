/**
 * People at network devices: a password by PAP, then a challenge for the second proof (RFC 2865 §4.4), or both in one field where a
 * device can't ask twice. CHAP needs passwords that can be read, which nobody has here; it is refused.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { LoggedIn, LogInOutcome, Network } from '../../gate/network/network-words.ts';
import type { Offer } from '../../gate/offer.ts';
import type { OpenAttempt, RefusedReason } from '../../gate/outcome.ts';
import { fromUtf8 } from '../../kernel/bytes.ts';
import { type Clock, secondsUntil } from '../../kernel/clock.ts';
import { type Attribute, attribute, TYPE } from '../../wire/radius/packet.ts';
import type { SharedSecret } from '../../wire/radius/shared-secret.ts';
import { named, textOf } from '../../wire/radius/values.ts';
import type { Asked } from './request.ts';

/** A challenge that somebody was asked, until they answer. */
export interface OpenLogIn {
  readonly token: string;
  /** Who it is: whoever answers is to say the same. */
  readonly name: string;
  readonly kinds: readonly ProofKind[];
}

export type PeopleAnswer =
  | { readonly state: 'accept'; readonly login: LoggedIn }
  | { readonly state: 'challenge'; readonly open: OpenLogIn; readonly says: readonly Attribute[] }
  | { readonly state: 'reject'; readonly says: readonly Attribute[] };

export interface People {
  logIn(asked: Asked, secret: SharedSecret): Promise<PeopleAnswer>;
  answer(open: OpenLogIn, asked: Asked, secret: SharedSecret): Promise<PeopleAnswer>;
}

/** RFC 2869 §5.10: what is typed need not be hidden. */
const ECHO = 'Echo';
const SILENT: PeopleAnswer = { state: 'reject', says: [] };

export function createPeople({
  network,
  clock,
  codeAppended,
}: {
  readonly network: Pick<Network, 'logIn' | 'prove'>;
  readonly clock: Clock;
  /** Names and groups of devices that can't ask twice. */
  readonly codeAppended: ReadonlySet<string>;
}): People {
  function read(outcome: LogInOutcome, name: string, before?: string): PeopleAnswer {
    switch (outcome.state) {
      case 'granted':
        return { state: 'accept', login: outcome.login };
      case 'challenged':
        return ask(outcome.attempt, name, before);
      case 'refused': {
        const { reason, attempt, retryAt } = outcome;
        const says = sentence(reason, retryAt, clock.now());
        // Somebody who mistyped a code is asked again, for as long as the gate lets them.
        if (attempt !== undefined && attempt.proven.length > 0) return ask(attempt, name, says);
        return { state: 'reject', says: says === undefined ? [] : message(says) };
      }
    }
  }

  function ask(attempt: OpenAttempt, name: string, before: string | undefined): PeopleAnswer {
    const kinds = attempt.challenges.map(({ kind }) => kind).filter((kind) => kind in WORDS);
    const what = kinds.map((kind) => WORDS[kind]).join(', or ');
    if (what === '') return SILENT;
    const text = `${before === undefined ? '' : `${before} `}Type ${what}.`;
    return {
      state: 'challenge',
      open: { token: attempt.token, name, kinds },
      says: [...message(text), ...attributeOf('Prompt', ECHO)],
    };
  }

  /** A code right behind a password, on devices that have one field and one try. */
  async function both(
    name: string,
    typed: string,
    { client, service, station, arrival }: Asked,
  ): Promise<PeopleAnswer> {
    const [, password, code] = /^(.+?)(\d{6})$/s.exec(typed) ?? [];
    const first = await network.logIn({ identifier: name, client, service, station }, arrival, {
      kind: 'password',
      data: { password: password ?? typed },
    });
    if (first.state !== 'challenged' || code === undefined) {
      const read_ = read(first, name);
      return read_.state === 'challenge' ? SILENT : read_;
    }
    const { token, challenges } = first.attempt;
    const kind = kindOf(
      code,
      challenges.map(({ kind }) => kind),
    );
    if (kind === undefined) return SILENT;
    const second = read(await network.prove(token, { kind, data: { code } }, arrival), name);
    return second.state === 'challenge' ? SILENT : second;
  }

  return {
    async logIn(asked, secret) {
      const { packet, client, service, station, arrival } = asked;
      const name = textOf(packet, TYPE.userName);
      const typed = typedIn(asked, secret);
      if (name === undefined || name === '' || typed === undefined) return SILENT;
      if ([client.name, ...client.groups].some((one) => codeAppended.has(one))) {
        return both(name, typed, asked);
      }
      const offer: Offer = { kind: 'password', data: { password: typed } };
      const login = { identifier: name, client, service, station };
      return read(await network.logIn(login, arrival, offer), name);
    },

    async answer({ token, name, kinds }, asked, secret) {
      const typed = typedIn(asked, secret);
      if (typed === undefined || textOf(asked.packet, TYPE.userName) !== name) return SILENT;
      const kind = kindOf(typed, kinds);
      if (kind === undefined) return SILENT;
      return read(await network.prove(token, { kind, data: { code: typed } }, asked.arrival), name);
    },
  };
}

const WORDS: Readonly<Partial<Record<ProofKind, string>>> = {
  totp: 'the code that your authenticator app shows',
  upstream: 'the code of your company token',
  recovery: 'one of your recovery codes',
};

/** What people type is of the kind whose form it has: digits are a code, what is long stands on paper, other words go elsewhere. */
function kindOf(typed: string, kinds: readonly ProofKind[]): ProofKind | undefined {
  const order: readonly ProofKind[] = /^[\d\s]{6,10}$/.test(typed)
    ? ['totp', 'upstream', 'recovery']
    : typed.trim().length >= 12
      ? ['recovery', 'upstream', 'totp']
      : ['upstream', 'recovery', 'totp'];
  return order.find((kind) => kinds.includes(kind));
}

function typedIn({ packet }: Asked, secret: SharedSecret): string | undefined {
  const hidden = attribute(packet, TYPE.userPassword);
  const shown = hidden && secret.showPassword(hidden, packet.authenticator);
  if (shown === undefined || shown.length === 0) return undefined;
  try {
    return fromUtf8(shown);
  } catch {
    return undefined;
  }
}

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

function message(text: string): readonly Attribute[] {
  return attributeOf('Reply-Message', text.slice(0, 240));
}

function attributeOf(name: string, value: string): readonly Attribute[] {
  const made = named(name, value);
  return made.ok ? [made.value] : [];
}
