/** The keys of a network that come out of a tunnel. */
import { EAP_TYPE } from '../../../wire/eap/eap-packet.ts';
import type { NetworkKeys } from './eap-method.ts';
import type { TlsEngine } from './tls-engine.ts';

const OLD_LABELS: Readonly<Record<number, string>> = {
  [EAP_TYPE.tls]: 'client EAP encryption', // RFC 5216 §2.3
  [EAP_TYPE.ttls]: 'ttls keying material', // RFC 5281 §8
};
const LABEL = 'EXPORTER_EAP_TLS_Key_Material';

/** MSK and EMSK, 64 octets each; of them the first half of the MSK is what the authenticator receives with, and so on. */
export function networkKeys(engine: TlsEngine, type: number): NetworkKeys {
  const { version } = engine;
  const old = OLD_LABELS[type];
  const material =
    version === 'TLSv1.3' || old === undefined
      ? // RFC 9190 §2.3, and RFC 9427 §2.1 for methods other than EAP-TLS.
        engine.export(128, LABEL, Uint8Array.of(type))
      : engine.export(128, old, undefined);
  return { recv: material.slice(0, 32), send: material.slice(32, 64) };
}
