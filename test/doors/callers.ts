/**
 * Doors at which devices, programs and people on the network prove themselves, each with somebody who may come and who does it rightly
 * or wrongly. What can't be tried at a door has the reason in its place.
 */
import type { CallerDoor } from './caller.ts';
import { acme, est } from './caller-certificates.ts';
import { eapTls, radius, tacacs } from './caller-network.ts';
import { cards, pki, spiffe, ssh } from './caller-others.ts';

export const CALLERS: Readonly<Record<string, CallerDoor>> = {
  radius,
  'radius, EAP-TLS': eapTls,
  tacacs,
  est,
  acme,
  ssh,
  spiffe,
  cards,
  pki,
};
