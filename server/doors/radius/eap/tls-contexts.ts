/**
 * What tunnels are made with: our certificate for RADIUS, the versions and ciphers that are good enough, and the keys of session
 * tickets, which live in memory only and are made anew so often that nobody keeps a session for longer than that.
 */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { type Clock, HOUR, MINUTE } from '../../../kernel/clock.ts';
import type { Random } from '../../../kernel/random.ts';

export interface TunnelCredentials {
  /** PEM: our certificate, then those up to the root. */
  readonly cert: string;
  readonly key: string;
}

export interface TlsContextsDeps {
  readonly credentials: () => Promise<TunnelCredentials>;
  /** PEM, of the authorities whose names a peer is told, so that it finds the right certificate among its own. */
  readonly authorities: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly random: Random;
  /** Key exchange groups in OpenSSL's words; OpenSSL's own choice where it is left out. */
  readonly groups?: string | undefined;
  /** Whether a session of EAP-TLS can be taken up again; it can where this is left out. */
  readonly resumption?: boolean | undefined;
}

export interface TlsContexts {
  forMethod(method: 'tls' | 'ttls'): Promise<SecureContext>;
}

/** How long a session can be taken up again without showing the certificate's key anew. */
export const RESUMABLE = 8 * HOUR;
/** How often it is asked whether the credentials were renewed. */
const LOOKS_EVERY = MINUTE;

/** Forward secrecy and authenticated encryption, or nothing; TLS 1.3 has no others. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

interface Made {
  readonly from: string;
  readonly at: number;
  readonly tls: SecureContext;
  readonly ttls: SecureContext;
}

export function createTlsContexts(deps: TlsContextsDeps): TlsContexts {
  const { clock, random } = deps;
  let made: Promise<Made> | undefined;
  let current: Made | undefined;
  let lookedAt = 0;

  async function make(): Promise<Made> {
    const [{ cert, key }, authorities] = await Promise.all([
      deps.credentials(),
      deps.authorities(),
    ]);
    const now = clock.now();
    const from = [cert, ...authorities].join('\n');
    lookedAt = now;
    if (current?.from === from && now < current.at + RESUMABLE) return current;
    const common = {
      cert,
      key,
      ca: authorities.slice(),
      minVersion: 'TLSv1.2' as const,
      ciphers: CIPHERS,
      honorCipherOrder: true,
      sessionTimeout: RESUMABLE / 1000,
      ...(deps.groups === undefined ? {} : { ecdhCurve: deps.groups }),
    } satisfies SecureContextOptions;
    const none = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION;
    current = {
      from,
      at: now,
      tls: createSecureContext({
        ...common,
        // OpenSSL's verdict on the peer's certificate counts for nothing here (tls-engine.ts), but it reaches one before we see the
        // peer: it stops at the CA that issued it, where else it would check that one's signature, too, in each handshake.
        allowPartialTrustChain: true,
        secureOptions: deps.resumption === false ? none | constants.SSL_OP_NO_TICKET : none,
        sessionIdContext: 'eap-tls',
        ticketKeys: Buffer.from(random.bytes(48)),
      }),
      // What was proven inside one tunnel is not carried into the next: nothing can be taken up again.
      ttls: createSecureContext({
        ...common,
        secureOptions: none | constants.SSL_OP_NO_TICKET,
        sessionIdContext: 'eap-ttls',
        ticketKeys: Buffer.from(random.bytes(48)),
      }),
    };
    return current;
  }

  return {
    async forMethod(method) {
      const now = clock.now();
      if (current !== undefined && now < lookedAt + LOOKS_EVERY) return current[method];
      made ??= make().finally(() => {
        made = undefined;
      });
      return (await made)[method];
    },
  };
}
