/** Where a key stands in its life, which its row tells by times alone. */
import { DAY } from '../kernel/clock.ts';
import type { SigningAlgorithm } from './signing-key.ts';
import type { SigningKeyRow } from './signing-key-table.ts';

/** No token lives longer than this. */
export const LONGEST_LIFE = DAY;

export type SigningKeyState = 'next' | 'active' | 'retiring' | 'gone';

export interface SigningKey {
  readonly alg: SigningAlgorithm;
  readonly version: number;
  readonly kid: string;
  readonly state: SigningKeyState;
  readonly createdAt: number;
  readonly signsFrom: number;
  readonly signsUntil: number | undefined;
  readonly goneAt: number | undefined;
}

export function stateAt(row: SigningKeyRow, now: number): SigningKeyState {
  if (row.gone_at !== null && row.gone_at <= now) return 'gone';
  if (row.signs_from > now) return 'next';
  return row.signs_until !== null && row.signs_until <= now ? 'retiring' : 'active';
}

export function viewOf(row: SigningKeyRow, now: number): SigningKey {
  return {
    alg: row.alg,
    version: row.version,
    kid: row.kid,
    state: stateAt(row, now),
    createdAt: row.created_at,
    signsFrom: row.signs_from,
    signsUntil: row.signs_until ?? undefined,
    goneAt: row.gone_at ?? undefined,
  };
}
