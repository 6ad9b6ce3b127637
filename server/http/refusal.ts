/**
 * The one translation from what went wrong to what outsiders are told: a status and a code of a closed list. Whatever is not
 * known here is `fault`, told generically and logged in full.
 */
const refusalStatus = Object.freeze({
  'bad-request': 400,
  forbidden: 403,
  'not-found': 404,
  'too-slow': 408,
  'too-large': 413,
  'address-too-long': 414,
  'media-type': 415,
  misdirected: 421,
  throttled: 429,
  'headers-too-large': 431,
  fault: 500,
  busy: 503,
});

export type RefusalCode = keyof typeof refusalStatus;

export interface HttpRefusal {
  readonly code: RefusalCode;
  readonly status: number;
  /** Seconds until trying again can help. */
  readonly retryAfter?: number;
}

export function refusal(code: RefusalCode, retryAfter?: number): HttpRefusal {
  return { code, status: refusalStatus[code], ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** What fastify's hooks and parsers throw, because throwing is how they end a request; it carries the refusal and no more. */
export class RefusedRequest extends Error {
  readonly refusal: HttpRefusal;
  constructor(code: RefusalCode) {
    super(code);
    this.name = 'RefusedRequest';
    this.refusal = refusal(code);
  }
}

const FRAMEWORK: Readonly<Record<string, RefusalCode>> = Object.freeze({
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad-request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'bad-request',
  FST_ERR_BAD_URL: 'bad-request',
  FST_ERR_MAX_PARAM_LENGTH: 'address-too-long',
  FST_ERR_NOT_FOUND: 'not-found',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'too-slow',
  ECONNRESET: 'bad-request',
  ERR_STREAM_PREMATURE_CLOSE: 'bad-request',
});

export function refusalOf(error: unknown): HttpRefusal {
  if (error instanceof RefusedRequest) return error.refusal;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return refusal(FRAMEWORK[code] ?? 'fault');
}

/** For errors that Node's HTTP parser finds before there is a request: never our fault. */
export function socketRefusalOf(error: { readonly code?: string }): HttpRefusal {
  return refusal(FRAMEWORK[error.code ?? ''] ?? 'bad-request');
}
