/**
 * Every code of the closed list, met in one way at least. To add a code is to add its scenario to one of the three files
 * below: the last test counts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ProblemCode, problemCodes } from '@sallyport/contract/problems.ts';
import { administrationErrors } from './administration-errors.ts';
import { openApiHouse } from './api-house.ts';
import { certificateErrors } from './certificate-errors.ts';
import type { Stage } from './error-stage.ts';
import { enrolled, signIn } from './people.ts';
import { proofErrors } from './proof-errors.ts';
import { requestErrors } from './request-errors.ts';
import { sshErrors } from './ssh-errors.ts';

describe('every error', () => {
  const met = new Set<ProblemCode>();
  const stage = {
    meets(codes, how, work) {
      test(`${codes.join(', ')}: ${how}`, async () => {
        await work();
        for (const code of codes) met.add(code);
      });
    },
    add: (change) => ({
      token: stage.admin,
      body: { identifier: 'eve', displayName: 'Eve', ...change },
    }),
  } as Stage; // Set below, before any scenario plays.

  before(async () => {
    stage.api = await openApiHouse();
    stage.boss = await enrolled(stage.api, 'boss', ['administrator']);
    stage.ada = await enrolled(stage.api, 'ada');
    stage.admin = await signIn(stage.api, stage.boss);
  });
  after(() => stage.api.close());

  requestErrors(stage);
  proofErrors(stage);
  administrationErrors(stage);
  certificateErrors(stage);
  sshErrors(stage);

  test('none is left out', () => {
    assert.deepEqual(
      problemCodes.filter((code) => !met.has(code)),
      [],
    );
  });
});
