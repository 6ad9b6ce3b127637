/**
 * Certificates whose keys are made here (RFC 7030 §4.4): judged as any other (enrol.ts), and the private half is given out once and kept
 * nowhere. Only where the configuration says so, since who has it beside the device is the one thing that its certificate can't tell.
 */
import type { Authority, Issued } from '../../../authority/x509/authority-words.ts';
import type { KeyPair } from '../../../authority/x509/made-keys.ts';
import { ok, type Result } from '../../../kernel/result.ts';
import type { Arrival } from '../../arrival.ts';
import type { AskedCertificate, Enrolling, EnrolRefusal, ShownByDevice } from './enrol-words.ts';

export interface IssuedWithKey {
  readonly issued: Issued;
  /** PKCS #8 in DER (RFC 5958); whoever sends it wipes it then. */
  readonly key: Uint8Array;
}

export type EnrolWithKey = (
  shown: ShownByDevice,
  asked: AskedCertificate,
  arrival: Arrival,
) => Promise<Result<IssuedWithKey, EnrolRefusal>>;

export function createServerKeys(deps: {
  readonly enrolling: Pick<Enrolling, 'withPass' | 'withCertificate'>;
  readonly authority: Pick<Authority, 'makeKey'>;
}): EnrolWithKey {
  const { enrolling, authority } = deps;
  return async (shown, asked, arrival) => {
    let pair: KeyPair | undefined;
    const makeKey = async () => {
      pair = await authority.makeKey('device', asked.csr);
      return pair;
    };
    const wanted = { ...asked, makeKey };
    const done =
      shown.by === 'pass'
        ? await enrolling.withPass(shown.secret, wanted, arrival)
        : await enrolling.withCertificate(shown.der, wanted, false, arrival);
    if (!done.ok) return done;
    // Nothing was given without one. OpenSSL wipes its own copy when it lets go of the pair.
    const key = pair!.privateKey.export({ format: 'der', type: 'pkcs8' });
    return ok({ issued: done.value, key });
  };
}
