/** The keys that seal what is kept, for those who may see and rotate them. The command line does the same with the vault alone. */
import type { Store } from '../../store/store.ts';
import type { KeyEventBy } from '../../vault/key-event.ts';
import type { KeyStatus } from '../../vault/status.ts';
import type { VaultKeeper } from '../../vault/vault.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { Gate, Performed } from '../gate.ts';
import type { Wish } from '../wish.ts';
import { KEYS } from '../wishes.ts';

export interface Keys {
  list(token: string, arrival: Arrival): Promise<Performed<KeyStatus, never>>;
  /** Answers once a rotation has begun, and lets it go on behind the answer; not begun where another process is at it. */
  rotate(
    token: string,
    arrival: Arrival,
  ): Promise<Performed<KeyStatus & { readonly begun: boolean }, never>>;
  /** When no rotation of this process is under way any more. */
  settled(): Promise<void>;
  /** Stops between two batches; the next start goes on from there. */
  stop(): Promise<void>;
}

export interface KeysDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly vault: VaultKeeper;
  /** Told of what goes wrong behind an answer. */
  readonly report: (fault: unknown) => void;
}

const READ: Wish = { action: 'key.read', resource: KEYS };
const ROTATE: Wish = { action: 'key.rotate', resource: KEYS };

export function createKeys({ gate, store, vault, report }: KeysDeps): Keys {
  const stopped = new AbortController();
  const running = new Set<Promise<unknown>>();

  /** Whether it has begun. It stays in `running` until it is over. */
  function begin(by: KeyEventBy): Promise<boolean> {
    return new Promise((resolve) => {
      const rotation = vault.rotation
        .rotate({ by, signal: stopped.signal, onProgress: () => resolve(true) })
        .then(({ state }) => resolve(state !== 'busy'))
        .catch((fault) => {
          report(fault);
          resolve(false);
        })
        .finally(() => running.delete(rotation));
      running.add(rotation);
    });
  }

  const settled = async () => void (await Promise.all(running));

  return {
    list: (token, arrival) => gate.read(token, READ, arrival, (q) => vault.status(q)),

    async rotate(token, arrival) {
      const judged = await gate.judge(token, ROTATE, arrival);
      if (judged.state !== 'granted') return judged;
      const { id, subject } = judged.session;
      const begun = await begin({ ...byArrival(arrival), actor: subject, session: id });
      const status = await store.read((q) => vault.status(q));
      return { state: 'done', value: { begun, ...status } };
    },

    settled,
    async stop() {
      stopped.abort();
      await settled();
    },
  };
}
