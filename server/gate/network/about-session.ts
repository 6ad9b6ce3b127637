/** What of a session at a network device is personal: who and where, sealed under the key of whom it is of. */
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import type { Reply } from '../../policy/reply.ts';
import type { ShownProof } from '../../policy/request.ts';
import type { Box } from '../../vault/vault.ts';
import type { NetworkSessionRow } from './network-session-row.ts';
import type { NetworkSessionId } from './network-words.ts';

export interface AboutSession {
  readonly name: string;
  /** Of the network device. */
  readonly address: string;
  /** Where they came from, as policies were told. */
  readonly source: string;
  readonly trusted: boolean;
  readonly station?: string | undefined;
  /** Of what joined: what it showed was worth that much. */
  readonly worth?: ShownProof['class'] | undefined;
  /** When it is over whatever policies say: its certificate, or its exception, ends. */
  readonly most?: number | undefined;
  readonly vouched?: Vouched | undefined;
}

/** The certificate that it rests on, with what came along, where a CA of others vouches for it. */
export interface Vouched {
  readonly issuer: string;
  /** base64url of DER. */
  readonly chain: readonly string[];
}

const place = (row: NetworkSessionId) => ({ table: 'network_session', column: 'about', row });

export function sealAbout(box: Box, id: NetworkSessionId, about: AboutSession): Uint8Array {
  return box.seal(place(id), utf8(JSON.stringify(about)));
}

export function openAbout(
  box: Box,
  { id, about }: Pick<NetworkSessionRow, 'id' | 'about'>,
): AboutSession {
  return JSON.parse(fromUtf8(box.open(place(id), about))) as AboutSession; // Sealed by the function above.
}

/** Undefined where somebody has altered it, or moved it there from another session. */
export function aboutIfSound(
  box: Box,
  row: Pick<NetworkSessionRow, 'id' | 'about'>,
): AboutSession | undefined {
  try {
    return openAbout(box, row);
  } catch {
    return undefined;
  }
}

/** In one order, so that two that say the same are the same text. */
export function writeReply(reply: Reply): string {
  const words = Object.entries(reply).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(words));
}

export function readReplyOf({ reply }: Pick<NetworkSessionRow, 'reply'>): Reply {
  return JSON.parse(reply) as Reply; // Written by the function above.
}
