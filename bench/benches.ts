import type { Bench } from './bench.ts';
import { eapTls } from './eap-tls.ts';
import { grants } from './grants.ts';
import { growth } from './growth.ts';
import { introspect } from './introspect.ts';
import { isolation } from './isolation.ts';
import { issue } from './issue.ts';
import { ocsp } from './ocsp.ts';
import { proxy } from './proxy.ts';
import { radius } from './radius.ts';
import { record } from './record.ts';
import { session } from './session.ts';
import { signIn } from './sign-in.ts';
import { start } from './start.ts';
import { tacacs } from './tacacs.ts';
import { token } from './token.ts';
import { totp } from './totp.ts';

/** Every bench, in the order in which they are listed. */
export const BENCHES: readonly Bench[] = [
  signIn,
  session,
  totp,
  record,
  token,
  introspect,
  proxy,
  tacacs,
  growth,
  grants,
  issue,
  ocsp,
  start,
  radius,
  eapTls,
  isolation,
];
