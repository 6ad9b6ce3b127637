/** Which site browsers must be at. Compared as whole texts: no suffixes, no wildcards, no case folding. */
export interface WebauthnSite {
  /** The domain that credentials are bound to (WebAuthn §5.1.2, `rp.id`). */
  readonly rpId: string;
  /** The origins that pages are served from, such as https://id.example.com. */
  readonly origins: readonly string[];
}
