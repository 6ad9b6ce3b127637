/**
 * Known devices: a browser that signed in as a person keeps a token that says so. It is no proof; it keeps a stranger's
 * guesses from slowing down the owner, and tells policy that the device is not new.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Ids, PersonId } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';
import type { Queries, Tx } from '../../store/store.ts';
import {
  extendKnownDevice,
  insertKnownDevice,
  type KnownDeviceId,
  knownDeviceById,
} from './known-device-table.ts';
import { mintToken, parseToken, tokenMatches } from './token.ts';

export interface KnownDevices {
  /** The id of the device whose token this is, when it signed in as this person before. */
  recognise(
    q: Queries,
    token: string | undefined,
    subject: PersonId,
  ): Promise<KnownDeviceId | undefined>;
  /** Remembers a device; a known one is remembered for longer and gets no new token. */
  remember(
    tx: Tx,
    known: KnownDeviceId | undefined,
    subject: PersonId,
  ): { id: KnownDeviceId; token?: string; expiresAt: number };
}

export function createKnownDevices(deps: {
  clock: Clock;
  random: Random;
  ids: Ids;
  lifetime: number;
}): KnownDevices {
  const { clock, random, ids, lifetime } = deps;
  return {
    async recognise(q, text, subject) {
      const token = text === undefined ? undefined : parseToken('known-device', text);
      if (token === undefined) return undefined;
      const row = await q.one(knownDeviceById, { id: token.id });
      if (row === undefined || !tokenMatches(token, row.secret_hash)) return undefined;
      return row.subject_id === subject && row.expires_at > clock.now() ? row.id : undefined;
    },

    remember(tx, known, subject) {
      const expiresAt = clock.now() + lifetime;
      if (known !== undefined) {
        // One that was forgotten meanwhile stays so: its token is a stranger's the next time.
        tx.put(extendKnownDevice, { id: known, until: expiresAt });
        return { id: known, expiresAt };
      }
      const { id, text, hash } = mintToken('known-device', ids, random);
      tx.put(insertKnownDevice, {
        id,
        secret_hash: hash,
        subject_id: subject,
        expires_at: expiresAt,
      });
      return { id, token: text, expiresAt };
    },
  };
}
