import { API_PREFIX } from '@sallyport/contract/api/operations.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { discover, reach, unreachable } from '../remote/token-requests.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';
import type { SignedPosture } from './sign-report.ts';

interface NotSent {
  readonly problem: Problem;
  readonly exit: ExitCode;
}

export async function sendReport(
  origin: string,
  signed: SignedPosture,
): Promise<Result<void, NotSent>> {
  let status: number;
  try {
    const response = await reach(`${origin}${API_PREFIX}/devices/posture`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(signed),
    });
    ({ status } = response);
    await response.body?.cancel();
  } catch (error) {
    return failed({ problem: unreachable(origin, error), exit: EXIT.unavailable });
  }
  if (status === 204) return ok(undefined);
  if (status === 403) {
    // A report says for whom it is: under another address than the server's own it is for somebody else.
    const server = await discover(origin);
    if (!server.ok) return failed({ problem: server.error, exit: EXIT.refused });
    return failed({
      problem: {
        what: `${origin} did not take the report: the key is of no device that is known there and active, or the clock of this device is wrong.`,
        mend: 'Have the key registered there (./sallyport device key NAME --public-key FILE), and look at the clock.',
        data: { code: 'posture-refused' },
      },
      exit: EXIT.refused,
    });
  }
  if (status === 429) {
    const what = `${origin} had a report of this device a moment ago.`;
    return failed({ problem: { what, mend: 'Once an hour is enough.' }, exit: EXIT.unavailable });
  }
  const what = `${origin} answered with the status ${status}.`;
  return failed({ problem: { what }, exit: EXIT.failed });
}
