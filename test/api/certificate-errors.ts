/** What can be wrong with asking for a certificate, and with revoking one. */
import assert from 'node:assert/strict';
import { makeRequest } from '../../bench/house/certificate-requests.ts';
import { writePem } from '../../server/wire/der/pem.ts';
import { addProcess } from '../support/processes.ts';
import type { Stage } from './error-stage.ts';
import { signIn } from './people.ts';

export function certificateErrors(stage: Stage): void {
  stage.meets(
    ['certificate-refused', 'certificate-revoked'],
    'a request in another’s name, and a certificate that is revoked twice',
    async () => {
      const { api } = stage;
      const token = await signIn(api, stage.boss);
      const body = {
        request: writePem('CERTIFICATE REQUEST', makeRequest('web.example.com')),
        profile: 'server',
        names: { dns: ['other.example.com'] },
        subject: { kind: 'server', id: 'other.example.com' },
      };
      const foreign = await api.problem('certificate-refused', 'issueCertificate', { token, body });
      assert.equal(foreign.body.why, 'foreign-name');
      assert.match(foreign.body.says, /web\.example\.com/);
      const { serial } = await api.done('issueCertificate', {
        token,
        body: {
          ...body,
          names: { dns: ['web.example.com'] },
          subject: { kind: 'server', id: 'web.example.com' },
        },
      });
      const revoking = { token, params: { serial }, body: { reason: 'superseded' } };
      await api.done('revokeCertificate', revoking);
      await api.problem('certificate-revoked', 'revokeCertificate', revoking);
    },
  );

  stage.meets(['trust-refused'], 'a CA that is none', async () => {
    const { api } = stage;
    const token = await signIn(api, stage.boss);
    const body = { name: 'Corp CA', for: ['device'], certificates: 'none' };
    const refused = await api.problem('trust-refused', 'trustAuthority', { token, body });
    assert.equal(refused.body.why, 'malformed');
  });

  stage.meets(['card-refused'], 'a card with no certificate on it', async () => {
    const { api } = stage;
    const token = await signIn(api, stage.boss);
    const refused = await api.problem('card-refused', 'addCard', {
      token,
      params: { id: stage.boss.id },
      body: { certificate: 'none' },
    });
    assert.equal(refused.body.why, 'none');
  });

  stage.meets(
    ['selector-not-valid', 'workload-known-already'],
    'a file that is anyone’s, and a workload twice',
    async () => {
      const { api } = stage;
      const token = await signIn(api, stage.boss);
      await addProcess(api, 'known');
      const of = (...selectors: string[]) => ({ token, body: { process: 'known', selectors } });
      await api.problem('selector-not-valid', 'addWorkload', of('path:/usr/bin/known'));
      await api.done('addWorkload', of('uid:1003'));
      await api.problem('workload-known-already', 'addWorkload', of('uid:1003'));
    },
  );

  stage.meets(['company-token-refused'], 'a company token where no upstream is asked', async () => {
    const { api } = stage;
    const token = await signIn(api, stage.boss);
    await api.problem('company-token-refused', 'assignCompanyToken', {
      token,
      params: { id: stage.boss.id },
      body: { account: 'boss' },
    });
  });
}
