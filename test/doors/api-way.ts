import type { OperationName } from '@sallyport/contract/api/operations.ts';
import type { Answer, Call } from '../support/served-house.ts';
import type { Told, Way } from './way.ts';

const DECISIONS: Readonly<Record<string, Told['decision']>> = {
  'proof-wrong': 'wrong',
  'proof-used': 'used',
  'proof-not-asked': 'not-asked',
  throttled: 'throttled',
  'attempt-over': 'over',
  'not-permitted': 'not-permitted',
  'no-session': 'no-session',
  'fresh-proof-needed': 'challenged',
  'password-guessable': 'failed',
  'password-breached': 'failed',
  'password-too-short': 'failed',
  'not-enough-yet': 'failed',
  unavailable: 'failed',
};

/** The API, as a native client speaks it. */
export const apiWay: Way = (served) => {
  let token = '';
  let attempt = { id: '', token: '' };

  const call = (name: OperationName, more: Call = {}) =>
    served.api(name, { ...(token === '' ? {} : { token }), ...more });

  function told({ status, json }: Answer): Told {
    if (status === 204 || json?.state === undefined) {
      if (status < 300) return { decision: 'done' };
      const decision = DECISIONS[json.code];
      if (decision === undefined) throw new Error(`a problem that no scenario meets: ${json.code}`);
      // A refused proof brings the attempt along for as long as it is open.
      const over = json.code.startsWith('proof-') && json.attempt === undefined;
      return {
        decision: over ? 'over' : decision,
        ...(json.attempt === undefined ? {} : { asks: asked(json) }),
        ...(decision === 'throttled' ? { wait: json.retryAfter } : {}),
      };
    }
    if (json.state === 'granted') {
      token = json.session.token;
      return { decision: 'granted' };
    }
    attempt = json.attempt;
    return { decision: 'challenged', asks: asked(json) };
  }

  const asked = ({ attempt: { challenges } }: Answer['json']): string[] =>
    challenges.map(({ kind }: { kind: string }) => kind).sort();
  const proofOf = (kind: string, typed: string) => ({
    kind,
    data: kind === 'password' ? { password: typed } : { code: typed },
  });

  return {
    begin: async (identifier) =>
      told(await call('beginAttempt', { body: { to: 'signIn', identifier } })),
    offer: async (kind, typed) =>
      told(
        await call('offerProof', {
          params: { id: attempt.id },
          body: { attempt: attempt.token, proof: proofOf(kind, typed) },
        }),
      ),
    look: async () => told(await call('showMe')),
    wantToRemove: async () =>
      told(await call('beginAttempt', { body: { to: 'stepUp', action: 'removeProof' } })),
    remove: async (id) => told(await call('removeMyProof', { params: { id } })),
    signOut: async () => told(await call('signOut')),
    async comeWithPass(identifier, code) {
      const body = { to: 'enrol', identifier, proof: proofOf('pass', code) };
      // There is nothing to choose from.
      const { decision } = told(await call('beginAttempt', { body }));
      return { decision };
    },
    async setUp(kind, answer) {
      const begun = await call('beginMyEnrolment', { body: { kind } });
      if (begun.status !== 201) return told(begun);
      const typed = answer(begun.json.offer.uri ?? '');
      const data = kind === 'recovery' ? {} : proofOf(kind, typed).data;
      const finish = { params: { id: begun.json.id }, body: { data } };
      const finished = await call('finishMyEnrolment', finish);
      const codes = finished.json?.shownOnce ?? [];
      return { ...told(finished), ...(codes.length === 0 ? {} : { codes }) };
    },
    finish: async () => told(await call('completeMyEnrolment')),
    session: () => token,
    use(session) {
      token = session;
    },
  };
};
