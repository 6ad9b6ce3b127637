import * as OTPAuth from 'otpauth';
import type { Clock } from '../../server/kernel/clock.ts';

/** An authenticator app, not ours: it reads the QR code's text and shows codes. */
export interface TotpApp {
  /** What the QR code says: enough to make the same app in another process. */
  readonly uri: string;
  code(ahead?: number): string;
}

export function createTotpApp(uri: string, clock: Clock): TotpApp {
  const totp = OTPAuth.URI.parse(uri);
  if (!(totp instanceof OTPAuth.TOTP)) throw new Error('that is not a TOTP');
  return { uri, code: (ahead = 0) => totp.generate({ timestamp: clock.now() + ahead * 30_000 }) };
}
