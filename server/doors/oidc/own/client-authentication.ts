/**
 * How a client shows who it is (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705 §2): by one way and no other. What it shows is handed to the
 * gate as it came; here it is only found, and two of them refused.
 */
import { assertionOffer } from '../../../gate/entry/assertion-offer.ts';
import type { ProcessOffer } from '../../../gate/entry/entering.ts';
import { fromBase64, fromUtf8 } from '../../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Form } from '../form.ts';

export interface PresentedClient {
  readonly as: string | undefined;
  readonly offers: readonly ProcessOffer[];
  readonly basic: boolean;
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const LONGEST_ID = 128;
const LONGEST_SECRET = 512;

export function presentedClient(
  form: Form,
  authorization: string | undefined,
  certificate: Uint8Array | undefined,
): Result<PresentedClient, 'malformed'> {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  const type = form.get('client_assertion_type');
  const ways = [authorization, secret, assertion ?? type].filter((way) => way !== undefined);
  if (ways.length > 1 || (id?.length ?? 0) > LONGEST_ID) return failed('malformed');
  if (authorization !== undefined) return byBasic(authorization, id);
  if (secret !== undefined) {
    return id === undefined ? failed('malformed') : ok(bySecret(id, secret, false));
  }
  if (assertion !== undefined || type !== undefined) {
    if (assertion === undefined || type !== ASSERTION_TYPE) return failed('malformed');
    return byAssertion(assertion, id);
  }
  const offers: ProcessOffer[] =
    certificate === undefined ? [] : [{ kind: 'certificate', data: { der: certificate } }];
  return ok({ as: id, offers, basic: false });
}

function bySecret(as: string, secret: string, basic: boolean): PresentedClient {
  return { as, offers: [{ kind: 'secret', data: { secret } }], basic };
}

/** RFC 7617 §2; both halves are form-encoded before (RFC 6749 §2.3.1). */
function byBasic(
  authorization: string,
  id: string | undefined,
): Result<PresentedClient, 'malformed'> {
  const [, text] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const bytes = text === undefined ? undefined : fromBase64(text);
  if (bytes === undefined) return failed('malformed');
  try {
    const both = fromUtf8(bytes);
    const at = both.indexOf(':');
    if (at < 0) return failed('malformed');
    const as = decoded(both.slice(0, at));
    const secret = decoded(both.slice(at + 1));
    const tooLong = as.length > LONGEST_ID || secret.length > LONGEST_SECRET;
    if (as === '' || tooLong || (id !== undefined && id !== as)) return failed('malformed');
    return ok(bySecret(as, secret, true));
  } catch {
    return failed('malformed'); // No UTF-8, or no percent-encoding: what strangers send.
  }
}

const decoded = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));

export function byAssertion(
  assertion: string,
  id: string | undefined,
): Result<PresentedClient, 'malformed'> {
  const read = assertionOffer(assertion);
  if (read === undefined) return failed('malformed');
  return ok({ as: id ?? read.subject, offers: [read.offer], basic: false });
}
