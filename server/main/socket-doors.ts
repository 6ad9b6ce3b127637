/**
 * Every door with sockets of its own, in one visible table. Each is off until its section of the configuration turns it on, and read
 * from the disk no sooner: a server without them need not hold them in memory.
 */
import type { Logger } from 'pino';
import type { Config } from '../config/sections.ts';
import { workloadSocket } from '../doors/spiffe/spiffe-config.ts';
import { systemLater } from '../kernel/later.ts';
import { checkedNetworks } from '../kernel/networks.ts';
import type { SocketDoor } from '../kernel/socket-door.ts';
import { cardDoor } from './cards.ts';
import type { House } from './house.ts';
import { noticeTo } from './start/log.ts';

export interface SocketDoorDeps {
  readonly house: House;
  readonly config: Config;
  readonly log: Logger;
  /** Where people reach the web door. */
  readonly origin: string;
  /** Of several on this machine, the one that has what one process alone can have. */
  readonly alone: boolean;
}

export async function createSocketDoors(deps: SocketDoorDeps): Promise<readonly SocketDoor[]> {
  const { config, alone } = deps;
  return [
    ...(config.pki.enabled ? [await pkiServer(deps)] : []),
    ...(config.cards.enabled ? [await cardsDoor(deps)] : []),
    // A socket in the file system is taken away and made anew, which one process can do.
    ...(config.spiffe.enabled && alone ? [await spiffeDoor(deps)] : []),
    ...(config.radius.enabled ? [await radiusDoor(deps)] : []),
    ...(config.tacacs.enabled ? [await tacacsDoor(deps)] : []),
  ];
}

async function pkiServer({ house, config }: SocketDoorDeps): Promise<SocketDoor> {
  const { createPkiAnswers } = await import('../doors/pki/pki-answers.ts');
  const { createPkiServer } = await import('../doors/pki/pki-server.ts');
  const { authority, clock, report } = house;
  return createPkiServer({
    answers: createPkiAnswers(authority, clock),
    config: config.pki,
    report,
  });
}

async function cardsDoor({ house, config, origin }: SocketDoorDeps): Promise<SocketDoor> {
  return cardDoor(house, config, () => origin);
}

async function spiffeDoor({ house, config }: SocketDoorDeps): Promise<SocketDoor> {
  const { createLookAtCaller } = await import('../doors/spiffe/caller.ts');
  const { createAskPeers } = await import('../doors/spiffe/peer-credentials.ts');
  const { createSpiffeDoor } = await import('../doors/spiffe/spiffe-door.ts');
  const door = createSpiffeDoor(
    {
      identities: house.workloadIdentities,
      askPeers: createAskPeers(),
      lookAt: createLookAtCaller(),
      clock: house.clock,
      later: systemLater(),
      ids: house.ids,
      report: house.report,
    },
    workloadSocket(config.spiffe, config.data),
  );
  house.workloadChanges.onChange(() => door.changed());
  return door;
}

async function radiusDoor({ house, config, log, origin }: SocketDoorDeps): Promise<SocketDoor> {
  const { createEap } = await import('../doors/radius/eap/eap.ts');
  const { createRadiusDoor } = await import('../doors/radius/radius-door.ts');
  const { gate, authority, clock, random, ids, report } = house;
  const { network } = gate;
  const later = systemLater();
  const credentials = () => authority.serverCredentials('radius-server');
  const { eap: methods } = config.radius;
  const eap =
    methods.length === 0
      ? undefined
      : createEap({
          network,
          credentials,
          authorities: authority.chain,
          clock,
          random,
          later,
          report,
          methods,
        });
  return createRadiusDoor(
    {
      network,
      eap,
      clock,
      random,
      ids,
      later,
      notice: noticeTo(log),
      trustedNetwork: checkedNetworks(config.listen.trustedNetworks),
      origin: () => origin,
      credentials,
      report,
    },
    config.radius,
  );
}

async function tacacsDoor({ house, config, origin }: SocketDoorDeps): Promise<SocketDoor> {
  const { createTacacsDoor } = await import('../doors/tacacs/tacacs-door.ts');
  return createTacacsDoor(
    {
      network: house.gate.network,
      credentials: () => house.authority.serverCredentials('server'),
      trustedNetwork: checkedNetworks(config.listen.trustedNetworks),
      origin: () => origin,
      clock: house.clock,
      ids: house.ids,
      later: systemLater(),
      notice: house.notice,
      report: house.report,
    },
    config.tacacs,
  );
}
