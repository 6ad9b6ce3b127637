import type { Config } from '../config/sections.ts';
import type { HouseSettings } from './house.ts';

/** What the house takes from a configuration, for people who come to this address. */
export function settingsOf(
  {
    authority,
    commands,
    gate,
    web,
    policy,
    processes,
    devices,
    proofs,
    proxy,
    record,
    spiffe,
  }: Config,
  origin: string,
  upstreamSecret?: string,
): HouseSettings {
  const site = new URL(origin);
  const host = site.hostname;
  return {
    authority,
    commands,
    gate,
    boundSessions: web.boundSessions,
    policy,
    processes,
    devices,
    proofs: { ...proofs, upstreamSecret },
    proxy,
    workloads: spiffe,
    site: { rpId: proofs.webauthn.rpId ?? host, origins: [site.origin] },
    origin: record.origin ?? `${host}/record`,
  };
}
