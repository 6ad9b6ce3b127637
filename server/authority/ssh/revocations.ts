/**
 * The revocation list that every host fetches each minute (OpenSSH's KRL): what was revoked one by one, and whatever `standing` says
 * has lost what it rested on.
 */
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import { writeKrl } from '../../wire/ssh/krl.ts';
import type { CaKeys } from './ca-keys.ts';
import { revokedKeyRows, revokedSerials } from './ssh-table.ts';
import { type CertificateKind, keyIdOf } from './ssh-words.ts';

/** What has lost what it rested on. */
export interface Fallen {
  readonly serials: readonly { readonly kind: CertificateKind; readonly serial: number }[];
  /** Subjects who may nothing now: none of their certificates is good, whether we know of it or not. */
  readonly subjects: readonly { readonly kind: CertificateKind; readonly id: string }[];
}

export type Standing = (q: Queries, after: number) => Promise<Fallen>;

/** A host's clock may be behind, and still take what has expired: it stays in the list for so long. */
const KRL_SLACK = 10 * MINUTE;
const KRL_FRESH = 2 * SECOND;

export interface Revocations {
  list(): Promise<Uint8Array>;
  /** Something was revoked: whoever asks after the commit gets a list with it. */
  changed(tx: Tx): void;
}

export function createRevocations(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly keys: CaKeys;
  readonly standing: Standing;
}): Revocations {
  const { store, clock, keys, standing } = deps;
  let kept: { readonly at: number; readonly bytes: Promise<Uint8Array> } | undefined;

  async function make(): Promise<Uint8Array> {
    await keys.ready();
    const now = clock.now();
    const after = now - KRL_SLACK;
    const [revoked, fallen, explicit, all] = await store.read(async (q) => [
      await q.all(revokedSerials, { after }),
      await standing(q, after),
      await q.all(revokedKeyRows, {}),
      await keys.list(q),
    ]);
    const of = (kind: CertificateKind) =>
      all
        .filter((key) => key.kind === kind && key.state !== 'gone')
        .map(({ publicKey }) => ({
          ca: publicKey.blob,
          serials: [...revoked, ...fallen.serials]
            .filter((one) => one.kind === kind)
            .map(({ serial }) => BigInt(serial)),
          keyIds: fallen.subjects
            .filter((one) => one.kind === kind)
            .map(({ id }) => keyIdOf(kind, id)),
        }));
    const seconds = BigInt(Math.floor(now / SECOND));
    return writeKrl({
      version: seconds,
      generatedAt: seconds,
      comment: 'Sallyport',
      certificates: [...of('user'), ...of('host')],
      keys: [
        ...explicit.map(({ blob }) => blob),
        ...all.filter(({ isVoid }) => isVoid).map(({ publicKey }) => publicKey.blob),
      ],
    });
  }

  return {
    list() {
      const now = clock.now();
      // Hosts ask each minute, all of them: one list serves those who come within two seconds.
      const age = kept === undefined ? KRL_FRESH : now - kept.at;
      if (kept === undefined || age < 0 || age >= KRL_FRESH) {
        const made = { at: now, bytes: make() };
        kept = made;
        made.bytes.catch(() => {
          if (kept === made) kept = undefined;
        });
      }
      return kept.bytes;
    },
    changed(tx) {
      tx.afterCommit(() => {
        kept = undefined;
      });
    },
  };
}
