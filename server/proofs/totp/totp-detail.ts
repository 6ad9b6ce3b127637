import { z } from 'zod';
import { Fault } from '../../kernel/fault.ts';
import type { HeldProof } from '../proof.ts';

/** What a TOTP row says in the open; its key is sealed. */
const totpDetail = z.strictObject({
  algorithm: z.enum(['SHA1', 'SHA256', 'SHA512']),
  digits: z.union([z.literal(6), z.literal(8)]),
  drift: z.int(),
  lean: z.int(),
});

export type TotpDetail = z.infer<typeof totpDetail>;

export function readTotpDetail(held: HeldProof): TotpDetail {
  try {
    return totpDetail.parse(JSON.parse(held.detail));
  } catch (cause) {
    throw new Fault('proof.engine', `the detail of TOTP proof ${held.id} is damaged`, { cause });
  }
}

/** Seconds a code stands for. Apps disagree on any other value, so it is no setting. */
export const PERIOD = 30;
