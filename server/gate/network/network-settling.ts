/** Looks, soon after something changed of people, devices or policies, and now and then, for whom to put out at their network devices. */
import type { Later } from '../../kernel/later.ts';
import { createRounds } from '../../kernel/rounds.ts';
import type { RecordListener } from '../../record/record.ts';

const ENDS =
  /^(?:person\.(?:changed|disabled|erased)|device\.(?!created|secret-used)|certificate\.revoked|authority\.(?:revoked|untrusted|list-imported)|policy\.activated|login\.(?:changed|resumed))/;

export function createNetworkSettling(deps: {
  readonly later: Later;
  readonly settle: () => Promise<void>;
  readonly forget: () => void;
  readonly report: (fault: unknown) => void;
}) {
  const { later, settle, forget, report } = deps;
  const { wake, start, stop } = createRounds({ later, round: settle, report });

  const seen: RecordListener = (_id, event) => {
    const { type } = event;
    if (type.startsWith('device.')) forget();
    const putOut = event.type === 'login.ended' && event.data.why === 'revoked';
    if (putOut || ENDS.test(type)) wake();
  };

  return { seen, start, stop };
}
