/**
 * The door for network devices that speak RADIUS: VPN gateways, switches, access points, hosts with pam_radius. It frames packets and
 * asks the gate; what it answers is the gate's decision in RADIUS's words.
 *
 *     answering.ts    a packet, step by step
 *     through-eap.ts  one that carries EAP
 *     people.ts       a password, and a challenge for the second proof
 *     approving.ts    log-ins that are finished with a passkey in the browser
 *     tunnels.ts      people inside the tunnel of EAP-TTLS
 *     eap-seam.ts     802.1X: what EAP is to this door; eap/ implements it
 *     replies.ts      what policies tell network devices, as attributes
 *     accounting.ts   what network devices report
 *     disconnects.ts  what network devices are told when a session has to end; asking-over-tls.ts how, where they share no secret
 *     udp-port.ts, tls-port.ts   how packets come
 *
 * UDP with a shared secret rests on MD5 and hides nothing but passwords: docs/radius.md says what to do about that.
 */

import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { LONGEST_WAIT } from '../../gate/approvals/approvals.ts';
import { isNamed } from '../../gate/network/is-named.ts';
import { createNetworkArrivals } from '../../gate/network/network-arrival.ts';
import type { Network } from '../../gate/network/network-words.ts';
import { networkOf } from '../../http/source-address.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Ids } from '../../kernel/id.ts';
import type { Later } from '../../kernel/later.ts';
import type { Networks } from '../../kernel/networks.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { Random } from '../../kernel/random.ts';
import type { SocketDoor } from '../../kernel/socket-door.ts';
import { createAnswering, type Purpose, type Source } from './answering.ts';
import { createApproving } from './approving.ts';
import { createAskingOverTls } from './asking-over-tls.ts';
import { createDisconnects } from './disconnects.ts';
import { createDuplicates } from './duplicates.ts';
import type { EapServer } from './eap-seam.ts';
import { createPeople } from './people.ts';
import type { RadiusConfig } from './radius-config.ts';
import { type Credentials, createTlsPort } from './tls-port.ts';
import { createUdpPort } from './udp-port.ts';

export interface RadiusDoorDeps {
  readonly network: Network;
  readonly eap: EapServer | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly later: Later;
  readonly notice: Notice;
  readonly trustedNetwork: Networks;
  /** Where people reach our pages. */
  readonly origin: () => string;
  /** What we show over TLS: made and renewed by our own authority. */
  readonly credentials: () => Promise<Credentials>;
  readonly report: (fault: unknown) => void;
}

export interface RadiusDoor extends SocketDoor {
  /** The ports that it got, once it has started: of a test, which asks for any. */
  ports(): {
    readonly authentication: number;
    readonly accounting: number;
    readonly tls: number | undefined;
  };
}

/** What can be typed where a network device asks. */
const CARRIED: readonly ProofKind[] = ['password', 'totp', 'upstream', 'recovery'];

export function createRadiusDoor(deps: RadiusDoorDeps, config: RadiusConfig): RadiusDoor {
  const { network, eap, clock, random, ids, later, notice, trustedNetwork, report } = deps;
  const { host } = config;
  const approving = createApproving(deps, config.approve);
  const answering = createAnswering({
    network,
    people: createPeople({ network, clock, approving, answerTime: config.answerTime }),
    showsInTunnel: approving.showsInTunnel,
    eap,
    duplicates: createDuplicates(clock, config.approve.wait),
    clock,
    random,
    reading: {
      arrivals: createNetworkArrivals({ ids, trustedNetwork, networkOf }, 'radius', CARRIED),
      asksOnce: new Set([...config.codeAppended, ...config.approve.withoutNumber]),
    },
    rule: config.messageAuthenticator,
    answerTime: Math.max(config.answerTime, LONGEST_WAIT),
    report,
  });
  const take = (purpose: Purpose) => (bytes: Uint8Array, source: Source) =>
    answering.answer(bytes, source, purpose);
  const authentication = createUdpPort(deps, { host, port: config.port }, take('authentication'));
  const accounting = createUdpPort(deps, { host, port: config.accountingPort }, take('accounting'));
  const shown = {
    notice,
    later,
    credentials: deps.credentials,
    clientOf: (chain: readonly Uint8Array[], address: string) =>
      network.clientByCertificate('radius', chain, address),
  };
  const tls = createTlsPort(
    {
      ...shown,
      turnedAway: answering.turnedAway,
      clock,
    },
    { host, port: config.tlsPort },
    take('both'),
  );
  const { dynamicAuthorization } = config;
  const overTls = config.tls ? createAskingOverTls(shown, dynamicAuthorization.tlsPort) : undefined;
  const disconnects = createDisconnects(
    { later, notice, clock, overTls },
    dynamicAuthorization.port,
  );
  let started = false;
  let ports = { authentication: 0, accounting: 0, tls: undefined as number | undefined };

  if (dynamicAuthorization.enabled) {
    const changes = new Set(dynamicAuthorization.change);
    network.onEnded((session) => {
      if (!started) return;
      const telling = disconnects.end(session).then(async (told) => {
        if (started) await network.told(session.id, told);
      });
      telling.catch(report);
    });
    network.onChanged(async (session) => {
      return started && isNamed(session.client, changes) ? disconnects.change(session) : undefined;
    });
  }

  return {
    id: 'radius',
    async start() {
      ports = {
        authentication: await authentication.open(),
        accounting: await accounting.open(),
        tls: config.tls ? await tls.open() : undefined,
      };
      started = true;
      const where = [
        `RADIUS on udp ${host}:${ports.authentication}`,
        `RADIUS accounting on udp ${host}:${ports.accounting}`,
      ];
      return ports.tls === undefined ? where : [...where, `RADIUS/TLS on tcp ${host}:${ports.tls}`];
    },
    async stop() {
      started = false;
      disconnects.stop();
      await approving.stop();
      await Promise.all([authentication.close(), accounting.close(), tls.close()]);
    },
    ports: () => ports,
  };
}
