/**
 * A client's certificate as proxies write it in a header; each has a way of its own, and all of them are base64 in the end:
 *
 *     nginx     $ssl_client_escaped_cert: PEM, percent-encoded
 *     Caddy     {tls_client_certificate_der_base64}: DER in base64
 *     Traefik   passTLSClientCert: PEM without its first and last line and line ends, percent-encoded or not
 *     Envoy     x-forwarded-client-cert: Cert="…", PEM, percent-encoded
 *     RFC 9440  Client-Cert: :DER in base64:
 */
const LONGEST = 16_384;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const PEM = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;
/** One element and not several: of two it would be open which proxy wrote which. */
const ENVOY = /^(?:[A-Za-z]+=[^",;]*;)*Cert="([^",;]+)"(?:;[A-Za-z]+=(?:"[^"]*"|[^",;]*))*$/;

/** DER in base64; undefined for anything that is not one certificate. */
export function readCertificateHeader(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const [, envoy] = ENVOY.exec(text) ?? [];
  const plain = decoded(envoy ?? text);
  if (plain === undefined) return undefined;
  const [, pem] = PEM.exec(plain) ?? [];
  const [, structured] = /^:([^:]+):$/.exec(plain) ?? [];
  const body = (pem ?? structured ?? plain).replaceAll(/\s/g, '');
  return BASE64.test(body) && body.length % 4 === 0 ? body : undefined;
}

function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // It throws for what is not well encoded.
  }
}
