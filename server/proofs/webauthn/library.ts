/**
 * SimpleWebAuthn, loaded when the first passkey is used: it takes a tenth of a second and twenty mebibytes, which a start
 * need not wait for.
 *
 * Its built-in trust in certificates of Apple and Google is taken out: with it the library fetches revocation lists from
 * addresses in certificates, in the middle of a request. Whether an attestation leads to a root that the configuration names
 * is judged in attestation.ts.
 */
export async function webauthnLibrary() {
  const library = await import('@simplewebauthn/server');
  for (const identifier of ['apple', 'android-key', 'android-safetynet'] as const) {
    library.SettingsService.setRootCertificates({ identifier, certificates: [] });
  }
  return library;
}
