import type { Bench } from './bench.ts';
import { session } from './session.ts';
import { totp } from './totp.ts';

/** Every bench, in the order in which they are listed. */
export const BENCHES: readonly Bench[] = [session, totp];
