/** Every door, in one visible table. To add one: its folder in doors/, a line here, its column in the door matrix test. */
import type { Config } from '../config/sections.ts';
import { createApiDoor } from '../doors/api/api-door.ts';
import type { Meters } from '../doors/ops/meters.ts';
import { createOpsDoor } from '../doors/ops/ops-door.ts';
import { createWebDoor } from '../doors/web/web-door.ts';
import { createCsrfTokens } from '../http/csrf.ts';
import type { HttpDoor } from '../http/http-door.ts';
import type { Listener } from '../http/listener.ts';
import { parseNetworks } from '../kernel/networks.ts';
import type { House } from './house.ts';
import { houseGauges, waitsFor } from './house-gauges.ts';

export interface DoorDeps {
  readonly house: House;
  readonly config: Config;
  readonly listener: Listener;
  readonly meters: Meters;
}

export function createDoors({ house, config, listener, meters }: DoorDeps): readonly HttpDoor[] {
  const { clock, vault } = house;
  const { origin, secure } = listener;
  const trustedNetwork = within(config.listen.trustedNetworks);
  const key = vault.derive('web');
  return [
    createWebDoor({
      ...house,
      key,
      origin,
      secure,
      trustedNetwork,
      organisation: config.web.organisation,
    }),
    createApiDoor({
      ...house,
      key: vault.derive('api'),
      // Tokens that the web door's pages carry.
      csrf: createCsrfTokens(key),
      origin,
      secure,
      trustedNetwork,
    }),
    createOpsDoor({
      clock,
      meters,
      gauges: () => houseGauges(house),
      waitsFor: () => waitsFor(house),
      mayRead: within(config.metrics.networks),
    }),
  ];
}

/** The configuration was checked: what is no network never came so far. */
function within(networks: readonly string[]): (address: string) => boolean {
  const read = parseNetworks(networks);
  return read.ok ? read.value : () => false;
}
