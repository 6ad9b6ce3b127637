/** Every door with sockets of its own, in one visible table. Each is off until its section of the configuration turns it on. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config/sections.ts';
import { createPkiAnswers } from '../doors/pki/pki-answers.ts';
import { createPkiServer } from '../doors/pki/pki-server.ts';
import { createEap } from '../doors/radius/eap/eap.ts';
import { createRadiusDoor } from '../doors/radius/radius-door.ts';
import { createLookAtCaller } from '../doors/spiffe/caller.ts';
import { createAskPeer } from '../doors/spiffe/peer-credentials.ts';
import { createSpiffeDoor } from '../doors/spiffe/spiffe-door.ts';
import { createTacacsDoor } from '../doors/tacacs/tacacs-door.ts';
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
  /** Of several on this machine, the one that does what is done once for all of them. */
  readonly first: boolean;
}

export function createSocketDoors(deps: SocketDoorDeps): readonly SocketDoor[] {
  const { config, first } = deps;
  return [
    ...(config.pki.enabled ? [pkiServer(deps)] : []),
    ...(config.cards.enabled ? [cardsDoor(deps)] : []),
    // A socket in the file system is taken away and made anew, which one process can do.
    ...(config.spiffe.enabled && first ? [spiffeDoor(deps)] : []),
    ...(config.radius.enabled ? [radiusDoor(deps)] : []),
    ...(config.tacacs.enabled ? [tacacsDoor(deps)] : []),
  ];
}

function pkiServer({ house, config }: SocketDoorDeps): SocketDoor {
  const { authority, clock, report } = house;
  return createPkiServer({
    answers: createPkiAnswers(authority, clock),
    config: config.pki,
    report,
  });
}

function cardsDoor({ house, config, origin }: SocketDoorDeps): SocketDoor {
  return cardDoor(house, config, () => origin);
}

function spiffeDoor({ house, config }: SocketDoorDeps): SocketDoor {
  const door = createSpiffeDoor(
    {
      identities: house.workloadIdentities,
      askPeer: createAskPeer(),
      lookAt: createLookAtCaller(),
      clock: house.clock,
      later: systemLater(),
      ids: house.ids,
      report: house.report,
    },
    config.spiffe.socket ?? join(config.data, 'workload.sock'),
  );
  house.workloadChanges.onChange(() => door.changed());
  return door;
}

function radiusDoor({ house, config, log, origin }: SocketDoorDeps): SocketDoor {
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

function tacacsDoor({ house, config, origin }: SocketDoorDeps): SocketDoor {
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
