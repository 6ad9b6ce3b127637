/**
 * What the gate hands to a browser about its key, each a text with a MAC and nothing stored: nonces to sign, good for one
 * session and a minute, and proofs that the key was shown, good for one session from a moment on. That a nonce is used once is
 * for the database to say (session-nonce in session-key-table.ts).
 */
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { base64url, fromBase64url } from '../../kernel/bytes.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import { equal } from '../../kernel/equal.ts';
import { hmacSha256 } from '../../kernel/hmac.ts';
import type { Random } from '../../kernel/random.ts';

const NONCE_LIFETIME = MINUTE;
const NONCE_BYTES = 16;
/** How many proofs are kept read. */
const MOST_KEPT = 4096;
/** Longer than every paper; what is longer is not hashed. */
const LONGEST = 160;

export interface KeyPapers {
  nonce(session: string): string;
  /** What names it and until when it is good; undefined for what was not made here, for this session, or has ended. */
  readNonce(
    text: string,
    session: string,
  ): { readonly name: string; readonly until: number } | undefined;
  proof(session: string, at: number): string;
  /** When the key was shown; undefined for what was not made here, for this session. */
  readProof(text: string, session: string): number | undefined;
}

export function createKeyPapers(deps: {
  clock: Clock;
  random: Random;
  key: Uint8Array;
}): KeyPapers {
  const { clock, random } = deps;
  const mac = hmacSha256(deps.key);
  /** Every request of an interval comes with the same proof, and what was made here once stays so. */
  const proofs = createBoundedMap<string, { readonly session: string; readonly at: number }>(
    MOST_KEPT,
  );

  const write = (kind: string, session: string, said: string) =>
    `${said}.${base64url(mac(`${kind} ${session} ${said}`))}`;

  function read(kind: string, session: string, text: string): readonly string[] | undefined {
    if (text.length > LONGEST) return undefined;
    const at = text.lastIndexOf('.');
    const said = text.slice(0, Math.max(at, 0));
    const given = fromBase64url(text.slice(at + 1));
    if (given === undefined || !equal(given, mac(`${kind} ${session} ${said}`))) return undefined;
    return said.split('.');
  }

  return {
    nonce(session) {
      const name = base64url(random.bytes(NONCE_BYTES));
      return write('nonce', session, `${name}.${clock.now() + NONCE_LIFETIME}`);
    },
    readNonce(text, session) {
      const [name, until] = read('nonce', session, text) ?? [];
      if (name === undefined || !(Number(until) > clock.now())) return undefined;
      return { name, until: Number(until) };
    },
    proof: (session, at) => write('proof', session, String(at)),
    readProof(text, session) {
      const known = proofs.get(text);
      if (known !== undefined) return known.session === session ? known.at : undefined;
      const [said] = read('proof', session, text) ?? [];
      if (said === undefined) return undefined;
      const at = Number(said);
      proofs.set(text, { session, at });
      return at;
    },
  };
}
