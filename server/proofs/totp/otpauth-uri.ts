import { base32 } from './base32.ts';
import { PERIOD, type TotpDetail } from './totp-detail.ts';

/**
 * The text of the QR code, in the form that authenticator apps agreed on (otpauth://totp/…). Values that are every app's
 * default are left out: old apps stumble over parameters that they do not know.
 */
export function otpauthUri(
  issuer: string,
  account: string,
  key: Uint8Array,
  { algorithm, digits }: Pick<TotpDetail, 'algorithm' | 'digits'>,
): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  let uri = `otpauth://totp/${label}?secret=${base32(key)}&issuer=${encodeURIComponent(issuer)}`;
  if (algorithm !== 'SHA1') uri += `&algorithm=${algorithm}`;
  if (digits !== 6) uri += `&digits=${digits}`;
  return `${uri}&period=${PERIOD}`;
}
