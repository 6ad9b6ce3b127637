/** EAP as it is served: its methods, put together of the gate's words and our certificate for RADIUS. */
import { hash } from 'node:crypto';
import type { Network } from '../../../gate/network/network-words.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Later } from '../../../kernel/later.ts';
import type { Random } from '../../../kernel/random.ts';
import { pemOf } from '../../../wire/der/pem.ts';
import { EAP_TYPE } from '../../../wire/eap/eap-packet.ts';
import { findBareTls } from './bare-tls.ts';
import { createChains } from './chains.ts';
import { createEapServer, type EapLimits, type RunningEapServer } from './eap-server.ts';
import { createEapTls } from './eap-tls-method.ts';
import { createEapTtls } from './eap-ttls-method.ts';
import { createTlsContexts, RESUMABLE, type TunnelCredentials } from './tls-contexts.ts';
import type { TlsEngine, TlsEngineOptions } from './tls-engine.ts';
import { createBareTlsEngine } from './tls-engine-bare.ts';
import { createTlsEngineOnSocket } from './tls-engine-on-socket.ts';

export type EapMethodName = 'tls' | 'ttls';

export interface EapDeps {
  readonly network: Pick<Network, 'admit' | 'unjudged'>;
  readonly credentials: () => Promise<TunnelCredentials>;
  /** DER: those whose names a peer is told, so that it finds the right certificate among its own. */
  readonly authorities: () => Promise<readonly Uint8Array[]>;
  readonly clock: Clock;
  readonly random: Random;
  readonly later: Later;
  readonly report: (fault: unknown) => void;
  /** Those that are offered, the one to begin with first. */
  readonly methods: readonly EapMethodName[];
  readonly limits?: Partial<EapLimits> | undefined;
  readonly groups?: string | undefined;
  readonly resumption?: boolean | undefined;
}

const BARE = findBareTls();
const make: (options: TlsEngineOptions) => TlsEngine =
  BARE === undefined ? createTlsEngineOnSocket : (options) => createBareTlsEngine(BARE, options);

export function createEap(deps: EapDeps): RunningEapServer {
  const { network } = deps;
  const contexts = createTlsContexts({
    ...deps,
    authorities: async () => (await deps.authorities()).map(pemOf),
  });
  const chains = createChains((certificate) => hash('sha256', certificate, 'base64'), RESUMABLE);
  const resumes = deps.resumption !== false;
  const engine = async (method: EapMethodName) =>
    make({
      secureContext: await contexts.forMethod(method),
      wantsCertificate: method === 'tls',
    });

  const offered = {
    tls: {
      type: EAP_TYPE.tls,
      begin: (identity: string) =>
        createEapTls({
          makeEngine: () => engine('tls'),
          async admit(shown, { client, arrival, service }) {
            const now = deps.clock.now();
            const { resumed, version } = shown;
            const leaf = shown.certificate();
            const before =
              resumed && leaf !== undefined
                ? chains.of({ certificate: leaf, version }, now)
                : undefined;
            let asked: readonly Uint8Array[] | undefined;
            const issuers = () => {
              asked ??= before?.issuers ?? shown.issuers();
              return asked;
            };
            // The ticket may be taken up where the key is no more, such as with a card that was pulled out: it makes nothing fresh.
            const shownAt = resumed ? (before?.at ?? now - RESUMABLE) : now;
            const certificate = leaf === undefined ? [] : [leaf];
            const joining = { certificate, issuers, shownAt, called: identity, service };
            const outcome = await network.admit(joining, client, arrival);
            if (outcome.state !== 'granted') return undefined;
            // Issuers that nobody asked for are not asked for when it is taken up again.
            if (resumes && !resumed && leaf !== undefined) {
              chains.keep({ certificate: leaf, version }, asked ?? [], now);
            }
            return outcome.login;
          },
        }),
    },
    ttls: {
      type: EAP_TYPE.ttls,
      begin: (identity: string) => createEapTtls({ makeEngine: () => engine('ttls'), identity }),
    },
  };
  return createEapServer({
    ...deps,
    methods: deps.methods.map((name) => offered[name]),
    unjudged: (because, { client, identity, station, arrival }) =>
      network.unjudged(because, { client, name: identity, station }, arrival),
    async declined(identity, { client, arrival, service }) {
      // Whoever would not show a certificate has shown none.
      await network.admit({ certificate: [], called: identity, service }, client, arrival);
    },
  });
}
