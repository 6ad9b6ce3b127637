/** The headers that every answer carries. Set by hand: a general library costs half of the throughput. */

/** Nothing is allowed but our own files: no inline script or style, no frames, no other origin (CSP Level 3). */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const NOTHING_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

const FEATURES = [
  'publickey-credentials-get=(self)',
  'publickey-credentials-create=(self)',
  'clipboard-write=(self)',
  ...[
    'accelerometer',
    'camera',
    'display-capture',
    'geolocation',
    'gyroscope',
    'microphone',
    'midi',
  ].map((feature) => `${feature}=()`),
  ...['payment', 'serial', 'usb', 'hid', 'browsing-topics'].map((feature) => `${feature}=()`),
].join(', ');

export type Headers = Readonly<Record<string, string>>;

/** For every answer, of whatever kind. Pages replace the policy, and add what means something to documents alone. */
export function baseHeaders(secure: boolean): Headers {
  return Object.freeze({
    'content-security-policy': NOTHING_POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  });
}

export const pageHeaders: Headers = Object.freeze({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': PAGE_POLICY,
  // Forms need their Origin header, which `no-referrer` would blank; to other sites nothing is told.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': FEATURES,
});

/** For the page whose address once held a secret: not even we are told the path in a Referer. */
export const secretPathHeaders: Headers = Object.freeze({ 'referrer-policy': 'no-referrer' });

/** For files whose address names their content. */
export const immutableHeaders: Headers = Object.freeze({
  'cache-control': 'public, max-age=31536000, immutable',
});
