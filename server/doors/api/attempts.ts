/** Signing in without pages: the gate’s two words, ask and prove, in JSON. */
import type { Ask as AskBody, attemptOperations } from '@sallyport/contract/api/attempts.ts';
import type { Arrival } from '../../gate/arrival.ts';
import type { Ask } from '../../gate/ask.ts';
import type { Grant, OpenAttempt, Outcome } from '../../gate/outcome.ts';
import { parseToken } from '../../gate/sessions/token.ts';
import { wishNamed } from '../../gate/wishes.ts';
import { secondsUntil } from '../../kernel/clock.ts';
import { parseId } from '../../kernel/id.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Call, Handlers } from './handler.ts';
import { refusedCodes, Told } from './told.ts';
import { time } from './views.ts';

export function attemptHandlers(
  deps: Pick<ApiDeps, 'gate' | 'people' | 'clock'>,
): Handlers<keyof typeof attemptOperations> {
  const { gate, people, clock } = deps;

  function asked(body: AskBody, token: string | undefined): Ask | Told {
    switch (body.to) {
      case 'signIn': {
        const { identifier } = body;
        return { to: 'signIn', ...(identifier === undefined ? {} : { identifier }) };
      }
      case 'enrol': {
        if (body.identifier !== undefined) {
          return { to: 'enrol', who: { identifier: body.identifier } };
        }
        const id = parseId<'person'>(body.person ?? '');
        return id === undefined
          ? new Told('not-valid', { fields: [{ path: 'person', must: 'be an id' }] })
          : { to: 'enrol', who: { id } };
      }
      case 'stepUp': {
        if (token === undefined) return new Told('no-session');
        const wish = wishNamed(people, body.action, body.person);
        return typeof wish === 'function'
          ? { to: 'stepUp', session: token, wish }
          : new Told(wish.code);
      }
    }
  }

  function outcome(found: Outcome, call: Call) {
    switch (found.state) {
      case 'granted':
        return granted(found.grant, call.keep(found.grant) === 'in cookies');
      case 'challenged':
        return { state: 'challenged' as const, attempt: attemptView(found.attempt) };
      case 'refused': {
        const { reason, retryAt, attempt } = found;
        const members = {
          ...(retryAt === undefined ? {} : { retryAfter: secondsUntil(retryAt, clock.now()) }),
          ...(attempt === undefined ? {} : { attempt: attemptView(attempt) }),
        };
        return new Told(refusedCodes[reason], members, call.token !== undefined);
      }
    }
  }

  return {
    async beginAttempt({ body }, call) {
      const ask = asked(body, call.token);
      if (ask instanceof Told) return ask;
      const arrival = body.to === 'signIn' ? withDevice(call.arrival, body.device) : call.arrival;
      return outcome(await gate.ask(ask, arrival, body.proof), call);
    },

    async offerProof({ params, body: { attempt, device, proof } }, call) {
      // The id is in the address for logs and for people; it is the token that counts.
      if (parseToken('attempt', attempt)?.id !== params.id) return new Told('attempt-over');
      return outcome(await gate.prove(attempt, proof, withDevice(call.arrival, device)), call);
    },
  };
}

function withDevice(arrival: Arrival, device: string | undefined): Arrival {
  return device === undefined ? arrival : { ...arrival, device };
}

function attemptView({ token, challenges, proven, expiresAt }: OpenAttempt) {
  return {
    id: parseToken('attempt', token)?.id ?? '', // The gate made it.
    token,
    challenges: challenges.map(({ kind, data }) => ({ kind, data })),
    proven,
    expiresAt: time(expiresAt),
  };
}

function granted({ subject, kind, session, device }: Grant, inCookies: boolean) {
  return {
    state: 'granted' as const,
    person: subject,
    kind,
    session: {
      id: session.id,
      expiresAt: time(session.expiresAt),
      ...(inCookies ? {} : { token: session.token }),
    },
    ...(device === undefined || inCookies
      ? {}
      : { device: { token: device.token, expiresAt: time(device.expiresAt) } }),
  };
}
