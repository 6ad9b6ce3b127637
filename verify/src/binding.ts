/**
 * What holds a token to its holder. A token that names a key or a certificate (`cnf`, RFC 7800) is worth nothing without it: every
 * member of `cnf` must be one that is checked here, and every one that is there is checked.
 */
import type { JWTPayload } from 'jose';

export type Binding =
  | { readonly known: false }
  | {
      readonly known: true;
      /** RFC 9449 §6.1 */
      readonly key?: string;
      /** RFC 8705 §3.1 */
      readonly certificate?: string;
    };

const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

export function bindingOf({ cnf }: JWTPayload): Binding {
  if (cnf === undefined) return { known: true };
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return { known: false };
  const { jkt, 'x5t#S256': certificate, ...others } = cnf as Record<string, unknown>;
  if (Object.keys(others).length > 0) return { known: false };
  if (jkt === undefined && certificate === undefined) return { known: false };
  if (!isThumbprint(jkt) || !isThumbprint(certificate)) return { known: false };
  return {
    known: true,
    ...(jkt === undefined ? {} : { key: jkt }),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

function isThumbprint(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && THUMBPRINT.test(value));
}
