import { X509Certificate } from 'node:crypto';

/** The one certificate of a PEM text; undefined where there is none, or more than one. */
export function onlyCertificate(pem: string): X509Certificate | undefined {
  if (pem.split('-----BEGIN CERTIFICATE-----').length !== 2) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined; // Text from outside: that it is no PEM is an expected outcome.
  }
}
