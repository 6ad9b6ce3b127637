/** Every door with sockets of its own, in one visible table. Each is off until its section of the configuration turns it on. */
import type { Logger } from 'pino';
import type { Config } from '../config/sections.ts';
import type { SocketDoor } from '../kernel/socket-door.ts';
import type { House } from './house.ts';

export interface SocketDoorDeps {
  readonly house: House;
  readonly config: Config;
  readonly log: Logger;
}

export function createSocketDoors(_deps: SocketDoorDeps): readonly SocketDoor[] {
  return [];
}
