/** Every door, in one visible table. To add one: its folder in doors/, a line here, its column in the door matrix test. */
import type { Logger } from 'pino';
import type { Config } from '../config/sections.ts';
import { createWebDoor } from '../doors/web/web-door.ts';
import type { HttpDoor } from '../http/http-door.ts';
import type { Listener } from '../http/listener.ts';
import { parseNetworks } from '../kernel/networks.ts';
import type { House } from './house.ts';

export interface DoorDeps {
  readonly house: House;
  readonly config: Config;
  readonly log: Logger;
  readonly listener: Listener;
}

export function createDoors({ house, config, listener }: DoorDeps): readonly HttpDoor[] {
  const { gate, portal, enrolments, activity, clock, random, vault } = house;
  const trusted = parseNetworks(config.listen.trustedNetworks);
  const trustedNetwork = trusted.ok ? trusted.value : () => false;
  const key = vault.derive('web');
  const { origin, secure } = listener;
  return [
    createWebDoor({
      gate,
      portal,
      enrolments,
      activity,
      clock,
      random,
      key,
      origin,
      secure,
      trustedNetwork,
      organisation: config.web.organisation,
    }),
  ];
}
