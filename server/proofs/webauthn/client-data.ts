/**
 * What the browser says that it signed for (WebAuthn §5.8.1), judged before any cryptography: the ceremony, the challenge of
 * this very step, the page's origin, and that no other site's frame stood around it.
 */
import { z } from 'zod';
import { base64url, fromBase64url, fromUtf8 } from '../../kernel/bytes.ts';
import type { Moment } from '../proof.ts';
import type { WebauthnSite } from './webauthn-site.ts';

const clientData = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
});

export type ClientDataVerdict = 'right' | 'malformed' | 'wrong' | 'not-here';

export function judgeClientData(
  encoded: string,
  type: 'webauthn.create' | 'webauthn.get',
  challenge: Uint8Array,
  origin: Moment['origin'],
  site: WebauthnSite,
): ClientDataVerdict {
  const parsed = read(encoded);
  if (parsed === undefined) return 'malformed';
  if (parsed.type !== type || parsed.challenge !== base64url(challenge)) return 'wrong';
  if (!site.origins.includes(parsed.origin)) return 'not-here';
  // A page can't lie about its origin to the browser, but it is the request's origin that this attempt belongs to.
  if (origin !== undefined && origin !== parsed.origin) return 'not-here';
  // §13.4.9: we never ask from within another site's frame.
  if (parsed.crossOrigin === true || parsed.topOrigin !== undefined) return 'not-here';
  return 'right';
}

function read(encoded: string): z.infer<typeof clientData> | undefined {
  const bytes = fromBase64url(encoded);
  if (bytes === undefined) return undefined;
  try {
    return clientData.safeParse(JSON.parse(fromUtf8(bytes))).data;
  } catch {
    return undefined;
  }
}
