/** The keys of a server elsewhere, by its API. */
import { setTimeout as wait } from 'node:timers/promises';
import { ok } from '../../../kernel/result.ts';
import type { Connection } from '../../remote/connection.ts';
import type { KeysDesk, ShownKeys } from '../keys-desk.ts';

const LOOK_AGAIN = 250;
/** Looks in a row at which nothing has changed: longer than another node's lease lasts. */
const MOST_LOOKS = 160;

export function serverKeys({ call }: Connection): KeysDesk {
  const primaryOf = ({ ring }: Pick<ShownKeys, 'ring'>) =>
    ring.find(({ state }) => state === 'primary')?.version ?? 0;
  const under = ({ ring }: Pick<ShownKeys, 'ring'>, fits: (version: number) => boolean) =>
    ring.reduce((sum, { version, dataKeys }) => sum + (fits(version) ? dataKeys : 0), 0);

  return {
    list: () => call('listKeys'),
    rotateSigning: (at) => call('rotateSigningKeys', at === 'once' ? { query: { at } } : {}),

    async rotate({ signal, onProgress }) {
      const before = await call('listKeys');
      if (!before.ok) return before;
      const begun = await call('rotateKeys');
      if (!begun.ok) return begun;
      if (!begun.value.begun) return ok({ state: 'busy' });
      const primary = primaryOf(begun.value);
      const rewrapped = under(before.value, (version) => version !== primary);
      let left = rewrapped;
      let now: ShownKeys = begun.value;
      for (let looks = 0; now.rotating; looks += 1) {
        const old = under(now, (version) => version !== primary);
        if (old !== left) looks = 0;
        left = old;
        onProgress({ done: Math.max(0, rewrapped - left), total: rewrapped });
        const reason = signal.aborted ? 'unwatched' : looks > MOST_LOOKS ? 'stuck' : undefined;
        if (reason !== undefined) {
          const done = { primary, rewrapped: Math.max(0, rewrapped - left), damaged: [] };
          return ok({ state: 'unfinished', reason, ...done });
        }
        await wait(LOOK_AGAIN, undefined, { signal }).catch(() => {});
        const again = await call('listKeys');
        if (!again.ok) return again;
        now = again.value;
      }
      onProgress({ done: rewrapped, total: rewrapped });
      return ok({ state: 'finished', primary, rewrapped });
    },
  };
}
