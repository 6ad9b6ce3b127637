/**
 * The keys that seal what is kept, and those that tokens are signed with, for those who may see and rotate them. The command
 * line does the same with the vault alone.
 */
import type {
  PreparedRotation,
  RotateSigning,
  SigningKey,
  SigningKeys,
} from '../../authority/signing-keys.ts';
import { ok } from '../../kernel/result.ts';
import type { Queries, Store } from '../../store/store.ts';
import type { KeyEventBy } from '../../vault/key-event.ts';
import type { KeyStatus } from '../../vault/status.ts';
import type { VaultKeeper } from '../../vault/vault.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { Gate, Performed } from '../gate.ts';
import type { Wish } from '../wish.ts';
import { KEYS } from '../wishes.ts';

export interface Keys {
  list(token: string, arrival: Arrival): Promise<Performed<SeenKeys, never>>;
  /** The next keys for tokens are published, and sign when everyone has them; or at once, for keys in wrong hands. */
  rotateSigning(
    token: string,
    at: PreparedRotation['at'],
    arrival: Arrival,
  ): Promise<Performed<RotateSigning, never>>;
  /** Answers once a rotation has begun, and lets it go on behind the answer; not begun where another process is at it. */
  rotate(
    token: string,
    arrival: Arrival,
  ): Promise<Performed<SeenKeys & { readonly begun: boolean }, never>>;
  /** When no rotation of this process is under way any more. */
  settled(): Promise<void>;
  /** Stops between two batches; the next start goes on from there. */
  stop(): Promise<void>;
}

/** All that there is to know of keys, and none of them. */
export type SeenKeys = KeyStatus & Signing;

interface Signing {
  /** The keys that tokens are signed with, the newest of each algorithm first. */
  readonly signing: readonly SigningKey[];
}

export interface KeysDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly vault: VaultKeeper;
  readonly signing: SigningKeys;
  /** Told of what goes wrong behind an answer. */
  readonly report: (fault: unknown) => void;
}

const READ: Wish = { action: 'key.read', resource: KEYS };
const ROTATE: Wish = { action: 'key.rotate', resource: KEYS };

export function createKeys({ gate, store, vault, signing, report }: KeysDeps): Keys {
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

  const all = async (q: Queries) => ({
    ...(await vault.status(q)),
    signing: await signing.list(q),
  });

  const settled = async () => void (await Promise.all(running));

  return {
    list: (token, arrival) => gate.read(token, READ, arrival, all),

    async rotate(token, arrival) {
      const judged = await gate.judge(token, ROTATE, arrival);
      if (judged.state !== 'granted') return judged;
      const { id, subject } = judged.session;
      const begun = await begin({ ...byArrival(arrival), actor: subject, session: id });
      const status = await store.read(all);
      return { state: 'done', value: { begun, ...status } };
    },

    async rotateSigning(token, at, arrival) {
      // Before any key is made, which costs more than asking does.
      const judged = await gate.judge(token, ROTATE, arrival);
      if (judged.state !== 'granted') return judged;
      const prepared = await signing.prepare(at);
      return gate.perform(token, ROTATE, arrival, async (tx, { by }) =>
        ok(await signing.rotate(tx, prepared, by)),
      );
    },

    settled,
    async stop() {
      stopped.abort();
      await settled();
    },
  };
}
