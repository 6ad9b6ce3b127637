/** What can be wrong with a proof, offered or enrolled. */
import assert from 'node:assert/strict';
import type { ProblemCode } from '@sallyport/contract/problems.ts';
import { totpConfig } from '../../server/proofs/totp/totp-config.ts';
import { addPerson, issuePass } from '../support/people.ts';
import { softwareAuthenticator } from '../support/software-authenticator.ts';
import { createTotpApp } from '../support/totp-app.ts';
import { openApiHouse } from './api-house.ts';
import { NOBODY, ORIGIN, proofsWith, type Stage } from './error-stage.ts';
import { comeWithPass, enrolled, PASSWORD, signIn } from './people.ts';

export function proofErrors(stage: Stage): void {
  const { meets } = stage;
  const signInWith = (proof: object, identifier = 'ada') => ({
    body: { to: 'signIn', identifier, proof },
  });
  const password = { kind: 'password', data: { password: PASSWORD } };

  meets(['proof-wrong'], 'a wrong password; the attempt is still open', async () => {
    const { body } = await stage.api.problem(
      'proof-wrong',
      'beginAttempt',
      signInWith({ kind: 'password', data: { password: 'not it' } }),
    );
    const { id, token } = body.attempt;
    await stage.api.done('offerProof', {
      params: { id },
      body: { attempt: token, proof: password },
    });
  });
  meets(
    ['proof-used', 'proof-not-asked'],
    'a code twice, and a pass where a password is asked',
    async () => {
      const code = stage.ada.totp.code();
      const first = await stage.api.done('beginAttempt', signInWith(password));
      const offer = (attempt: { id: string; token: string }, proof: object) => ({
        params: { id: attempt.id },
        body: { attempt: attempt.token, proof },
      });
      await stage.api.done('offerProof', offer(first.attempt, { kind: 'totp', data: { code } }));
      const second = await stage.api.done('beginAttempt', signInWith(password));
      const { body } = await stage.api.problem(
        'proof-used',
        'offerProof',
        offer(second.attempt, { kind: 'totp', data: { code } }),
      );
      assert.ok(body.retryAfter > 0 && body.retryAfter <= 30);
      await stage.api.problem(
        'proof-not-asked',
        'offerProof',
        offer(second.attempt, { kind: 'pass', data: { code: 'ABCD' } }),
      );
    },
  );
  meets(['attempt-over'], 'an attempt under another’s id', async () => {
    const { attempt } = await stage.api.done('beginAttempt', { body: { to: 'signIn' } });
    await stage.api.problem('attempt-over', 'offerProof', {
      params: { id: NOBODY },
      body: { attempt: attempt.token, proof: password },
    });
  });
  meets(['throttled'], 'guesses, one after the other', async () => {
    const guess = signInWith({ kind: 'password', data: { password: 'guess' } }, 'victim');
    for (let n = 0; n < 5; n++) await stage.api.problem('proof-wrong', 'beginAttempt', guess);
    const { body } = await stage.api.problem('throttled', 'beginAttempt', guess);
    assert.ok(body.retryAfter >= 1);
  });
  meets(['busy'], 'more passwords at once than can wait', async () => {
    const narrow = await openApiHouse(
      proofsWith({ password: { hashesInFlight: 1, queueLength: 1 } }),
    );
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        narrow.call('beginAttempt', signInWith(password, `p${n}`)),
      ),
    );
    await narrow.close();
    const busy = answers.find(({ body }) => body.code === 'busy');
    assert.ok(busy, JSON.stringify(answers.map(({ body }) => body.code)));
    assert.ok(busy.body.retryAfter >= 1);
  });

  const beginning = async (kind: string) => {
    const token = await signIn(stage.api, stage.ada);
    const begun = await stage.api.done('beginMyEnrolment', { token, body: { kind } });
    return (data: unknown, id: string = begun.id) => ({ token, params: { id }, body: { data } });
  };
  const finishing = async (code: ProblemCode, kind: string, data: unknown) =>
    stage.api.problem(code, 'finishMyEnrolment', (await beginning(kind))(data));

  meets(['enrolment-over'], 'one that nobody began', async () => {
    const finish = await beginning('totp');
    await stage.api.problem(
      'enrolment-over',
      'finishMyEnrolment',
      finish({ code: '123456' }, NOBODY),
    );
  });
  meets(['not-enough-yet'], 'completing with what a pass came with', async () => {
    const { id } = await stage.api.done('addPerson', stage.add({ identifier: 'new' }));
    const { code } = await stage.api.done('issuePass', {
      token: stage.admin,
      params: { id },
      body: {},
    });
    const { session } = await stage.api.done('beginAttempt', {
      body: { to: 'enrol', person: id, proof: { kind: 'pass', data: { code } } },
    });
    const { body } = await stage.api.problem('not-enough-yet', 'completeMyEnrolment', {
      token: session.token,
    });
    assert.deepEqual(body.missing, ['proofs', 'recovery']);
  });
  meets(['last-way-in'], 'removing one proof after the other', async () => {
    const lone = await enrolled(stage.api, 'lone');
    let token = await signIn(stage.api, lone);
    const { items } = await stage.api.done('listMyProofs', { token });
    const removal = (kind: string) => {
      const { id } = items.find((proof: { kind: string }) => proof.kind === kind);
      return { token, params: { id } };
    };
    await stage.api.done('removeMyProof', removal('totp'));
    await stage.api.done('removeMyProof', removal('recovery'));
    await stage.api.done('removeMyProof', removal('password'));
    await stage.api.problem('last-way-in', 'removeMyProof', removal('webauthn'));
    token = await signIn(stage.api, lone);
  });
  meets(['proof-malformed'], 'a code of letters', () =>
    finishing('proof-malformed', 'totp', { code: 'abcdef' }),
  );
  meets(['password-too-short'], 'four letters', () =>
    finishing('password-too-short', 'password', { password: 'abcd' }),
  );
  meets(['password-too-long'], 'a thousand letters', () =>
    finishing('password-too-long', 'password', { password: 'x'.repeat(1000) }),
  );
  meets(['password-breached'], 'the most usual one', () =>
    finishing('password-breached', 'password', { password: 'password123' }),
  );
  meets(['password-guessable'], 'a name and a year', () =>
    finishing('password-guessable', 'password', { password: 'ada@example.com' }),
  );
  meets(['proof-held-already'], 'one passkey, enrolled by two', async () => {
    const passkey = softwareAuthenticator();
    for (const person of [stage.ada, stage.boss]) {
      const token = await signIn(stage.api, person);
      const begun = await stage.api.done('beginMyEnrolment', { token, body: { kind: 'webauthn' } });
      const sent = {
        token,
        params: { id: begun.id },
        body: { data: passkey.create(begun.offer, ORIGIN) },
      };
      if (person === stage.ada) await stage.api.done('finishMyEnrolment', sent);
      else await stage.api.problem('proof-held-already', 'finishMyEnrolment', sent);
    }
  });
  meets(['too-many-proofs'], 'authenticator apps without end', async () => {
    const token = await signIn(stage.api, stage.ada);
    for (let n = 1; n < totpConfig.parse({}).several; n++) {
      const begun = await stage.api.done('beginMyEnrolment', { token, body: { kind: 'totp' } });
      const code = createTotpApp(begun.offer.uri, stage.api.clock).code();
      await stage.api.done('finishMyEnrolment', {
        token,
        params: { id: begun.id },
        body: { data: { code } },
      });
    }
    await stage.api.problem('too-many-proofs', 'beginMyEnrolment', {
      token,
      body: { kind: 'totp' },
    });
  });
  meets(['authenticator-not-allowed'], 'a key that is not on the list', async () => {
    const authenticators = [{ aaguid: 'ee882879-721c-4913-9775-3dfcce97072a' }];
    const strict = await openApiHouse(proofsWith({ webauthn: { authenticators } }));
    try {
      const id = await addPerson(strict, 'ada');
      const token = await comeWithPass(strict, 'ada', await issuePass(strict, id));
      const begun = await strict.done('beginMyEnrolment', { token, body: { kind: 'webauthn' } });
      await strict.problem('authenticator-not-allowed', 'finishMyEnrolment', {
        token,
        params: { id: begun.id },
        body: { data: softwareAuthenticator({ attestation: 'self' }).create(begun.offer, ORIGIN) },
      });
    } finally {
      await strict.close();
    }
  });
}
