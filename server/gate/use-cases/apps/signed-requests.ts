/**
 * Requests that an application signed with its own key (OpenID Connect CIBA Core §7.1.1): read by the proofs that it holds, and good once.
 * Who it is was shown already, apart from this. What it says is read as any request is.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { ProcessId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { signingAlgs } from '../../../proofs/jwk.ts';
import { listProcessProofs } from '../../../proofs/process-held.ts';
import type { ProcessProofModules, WordsFault } from '../../../proofs/process-proof.ts';
import { spendOnce } from '../../../proofs/spent-table.ts';
import type { Store } from '../../../store/store.ts';
import type { Application } from './app-words.ts';

/** With which keys of its own an application may sign one. */
export const requestAlgs = signingAlgs;

export interface SignedRequests {
  /** Its words by their names, as pairs of a form. */
  read(
    app: Application,
    text: string,
  ): Promise<Result<readonly (readonly [string, string])[], WordsFault>>;
}

export function createSignedRequests({
  store,
  processProofs,
  clock,
}: {
  readonly store: Store;
  readonly processProofs: Pick<ProcessProofModules, 'key'>;
  readonly clock: Clock;
}): SignedRequests {
  return {
    async read({ id, detail }, text) {
      const client: string = id;
      const held = await store.read((q) => listProcessProofs(q, client as ProcessId)); // They share an id.
      const asked = {
        client,
        now: clock.now(),
        ...(detail.profile === 'fapi2' ? { profile: detail.profile } : {}),
      };
      const read = await processProofs.key.signed?.(held, text, asked);
      if (read === undefined) return failed({ reason: 'not-held' });
      if (!read.ok) return read;
      const pairs = pairsOf(read.value.words);
      if (pairs === undefined) return failed({ reason: 'malformed' });
      const { once } = read.value;
      const first = await store.write((tx) => spendOnce(tx, once));
      return first ? ok(pairs) : failed({ reason: 'used' });
    },
  };
}

/** What an authentication request may say (§7.1); other words are passed over, as they are in a form. */
const TEXTS = new Set([
  'scope',
  'client_notification_token',
  'acr_values',
  'login_hint',
  'login_hint_token',
  'id_token_hint',
  'binding_message',
  'user_code',
  'sallyport_user_address',
]);
const MOST_RESOURCES = 8;

/** Undefined where a word is not of its form. */
function pairsOf(words: Readonly<Record<string, unknown>>) {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(words)) {
    if (name === 'request' || name === 'request_uri') return undefined; // No request within a request (RFC 9101 §4).
    const texts = textsOf(name, value);
    if (texts === undefined) return undefined;
    for (const text of texts) pairs.push([name, text]);
  }
  return pairs;
}

function textsOf(name: string, value: unknown): readonly string[] | undefined {
  if (TEXTS.has(name)) return typeof value === 'string' ? [value] : undefined;
  if (name === 'requested_expiry') {
    return typeof value === 'string' || Number.isSafeInteger(value) ? [String(value)] : undefined;
  }
  if (name === 'claims') {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? [JSON.stringify(value)] : undefined;
  }
  if (name !== 'resource') return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter((one) => typeof one === 'string');
  return texts.length === list.length && texts.length <= MOST_RESOURCES ? texts : undefined;
}
