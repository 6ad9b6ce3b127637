import { z } from 'zod';

/** What can be known of a program that calls on a Unix socket of this machine. */
const selectorKinds = ['uid', 'unit', 'path', 'sha256'] as const;
export type SelectorKind = (typeof selectorKinds)[number];

export interface Selector {
  readonly kind: SelectorKind;
  readonly value: string;
}

/** Linux writes this in place of every user that a container's own table of users has no number for: it stands for anyone. */
export const OVERFLOW_UID = 65_534;
const HIGHEST_UID = 4_294_967_294;

const FORMS: Readonly<Record<SelectorKind, (value: string) => boolean>> = {
  uid: (value) =>
    /^(0|[1-9]\d{0,9})$/.test(value) &&
    Number(value) <= HIGHEST_UID &&
    Number(value) !== OVERFLOW_UID,
  // systemd.unit(5): what a service, a scope or a socket may be called.
  unit: (value) => /^[A-Za-z0-9:_.\\@-]{1,240}\.(service|scope)$/.test(value),
  path: (value) =>
    /^(\/[^/\0\n]+)+$/.test(value) && value.length <= 1024 && !/\/\.\.?(\/|$)/.test(value),
  sha256: (value) => /^[0-9a-f]{64}$/.test(value),
};

/** `uid:1000`, `unit:billing.service`, `path:/usr/bin/billing`, `sha256:…`; undefined for what is none. */
export function readSelector(text: string): Selector | undefined {
  const colon = text.indexOf(':');
  const kind = selectorKinds.find((one) => one === text.slice(0, Math.max(colon, 0)));
  const value = text.slice(colon + 1);
  return kind !== undefined && FORMS[kind](value) ? { kind, value } : undefined;
}

export const selectorText = ({ kind, value }: Selector): string => `${kind}:${value}`;

/** A name of the trust domain (SPIFFE-ID §2.1). */
export const TrustDomain = z
  .string()
  .max(255)
  .regex(/^[a-z0-9._-]+$/, {
    error: 'must be small letters, digits, dots, hyphens and underscores',
  });
