import type { Bench } from './bench.ts';
import { growth } from './growth.ts';
import { record } from './record.ts';
import { session } from './session.ts';
import { signIn } from './sign-in.ts';
import { start } from './start.ts';
import { totp } from './totp.ts';

/** Every bench, in the order in which they are listed. */
export const BENCHES: readonly Bench[] = [signIn, session, totp, record, growth, start];
