import { z } from 'zod';

export const oidcConfig = z.strictObject({
  deviceGrant: z
    .boolean()
    .default(false)
    .describe(
      'Whether people can sign in a device without a keyboard by a code that it shows (RFC 8628). Such codes are ' +
        'what phishers ask for; applications must name the grant as well.',
    ),
  ciba: z
    .boolean()
    .default(false)
    .describe(
      'Whether applications can ask people in the background to sign in, and people answer on our pages (OpenID Connect CIBA). ' +
        'Who can ask can pester; applications must name the grant as well.',
    ),
  registration: z
    .boolean()
    .default(false)
    .describe(
      'Whether applications can register themselves (RFC 7591), each with an invitation of `sallyport resource invite`.',
    ),
});
