/** Every door with sockets of its own, in one visible table. Each is off until its section of the configuration turns it on. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config/sections.ts';
import { createLookAtCaller } from '../doors/spiffe/caller.ts';
import { createAskPeer } from '../doors/spiffe/peer-credentials.ts';
import { createSpiffeDoor } from '../doors/spiffe/spiffe-door.ts';
import { systemLater } from '../kernel/later.ts';
import type { SocketDoor } from '../kernel/socket-door.ts';
import type { House } from './house.ts';

export interface SocketDoorDeps {
  readonly house: House;
  readonly config: Config;
  readonly log: Logger;
}

export function createSocketDoors(deps: SocketDoorDeps): readonly SocketDoor[] {
  const { config } = deps;
  return [...(config.spiffe.enabled ? [spiffeDoor(deps)] : [])];
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
