/**
 * What the certificate port gives a browser to bring back: that this certificate was shown there, its key with it, just now, for
 * this one step of this one attempt. Sealed, so that nobody can make or read one; good for a minute; and only with the attempt
 * (or the enrolment) that asked for it, which the browser holds and whoever looks over its shoulder does not.
 */
import { z } from 'zod';
import type { Standing } from '../../authority/x509/standing.ts';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { MINUTE } from '../../kernel/clock.ts';
import type { Vault } from '../../vault/vault.ts';

/** A certificate on which it rests that this one is good, as the list of its CA names it. */
export const restsOn = z.strictObject({ issuer: z.string().max(64), serial: z.string().max(128) });

const Facts = z.strictObject({
  /** Finds the one person whose it is: issuer and subject, or the subject that our own certificate was issued to. */
  mapping: z.string(),
  /** Our own certificate: the person's id. */
  own: z.string().optional(),
  /** The authority that vouches for it. */
  authority: z.string(),
  policies: z.array(z.string()).max(16),
  /** The common name. */
  subject: z.string().max(256),
  fingerprint: z.string(),
  serial: z.string().max(128),
  rests: z.array(restsOn),
  notAfter: z.number(),
});
/** What is known of a certificate that was judged good. */
export type CardFacts = z.infer<typeof Facts>;

const Ticket = Facts.extend({
  nonce: z.string(),
  until: z.number(),
  /** On what it rested that the certificate was good (authority/x509/standing.ts). */
  standing: z.strictObject({ row: z.string(), version: z.number(), mark: z.string() }),
});
export type CardTicket = z.infer<typeof Ticket>;

const LIFETIME = MINUTE;
const LONGEST = 4096;
const PLACE = { table: 'card', column: 'ticket', row: 'ticket' } as const;

export interface CardTickets {
  write(facts: CardFacts, standing: Standing, nonce: string, now: number): string;
  /** Undefined for what we never wrote, and for what has ended. */
  read(text: string, now: number): CardTicket | undefined;
}

export function createCardTickets(vault: Pick<Vault, 'system'>): CardTickets {
  const box = () => vault.system('settings');
  return {
    write: (facts, standing, nonce, now) => {
      const ticket: CardTicket = {
        ...facts,
        standing: { ...standing },
        nonce,
        until: now + LIFETIME,
      };
      return base64url(box().seal(PLACE, utf8(JSON.stringify(ticket))));
    },
    read(text, now) {
      const sealed = text.length > LONGEST ? undefined : fromBase64url(text);
      if (sealed === undefined) return undefined;
      try {
        const ticket = Ticket.parse(JSON.parse(fromUtf8(box().open(PLACE, sealed))));
        return ticket.until > now ? ticket : undefined;
      } catch {
        // What does not open was not sealed by us.
        return undefined;
      }
    },
  };
}
