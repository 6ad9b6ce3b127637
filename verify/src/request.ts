/** A request as this package reads it: whatever the framework, these four things. */
export interface RequestToVerify {
  readonly method: string;
  /** As it stands in the request line (`/keys?page=2`), or absolute. Its origin is never believed: see `origin` of the verifier. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** The certificate that the client proved in the TLS handshake, as DER or PEM. */
  readonly clientCertificate?: Uint8Array | string | undefined;
}

/** `Headers` of fetch, or an object such as `headersDistinct` or `headers` of `node:http`. */
export type RequestHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export type OneHeader =
  | { readonly found: 'none' }
  | { readonly found: 'one'; readonly value: string }
  | { readonly found: 'many' };

/** A header that may stand once. Twice is neither: which of the two another reader believes can't be known. */
export function oneHeader(headers: RequestHeaders, name: string): OneHeader {
  if (isFetchHeaders(headers)) {
    const value = headers.get(name);
    return value === null ? { found: 'none' } : { found: 'one', value };
  }
  const values = Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => value ?? []);
  const [value] = values;
  if (value === undefined) return { found: 'none' };
  return values.length === 1 ? { found: 'one', value } : { found: 'many' };
}

function isFetchHeaders(headers: RequestHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}
