import type { AuthorityConfig } from '../authority/x509/authority-config.ts';
import type { Config } from '../config/sections.ts';
import type { GateConfig } from '../gate/gate-config.ts';
import type { CommandConfig } from '../gate/network/command-config.ts';
import type { PolicyConfig } from '../policy/policy-config.ts';
import type { WebauthnSite } from '../proofs/webauthn/webauthn-site.ts';
import type { DeviceConfig } from '../subjects/device-config.ts';
import type { ProcessConfig } from '../subjects/process-config.ts';
import type { ProofSettings } from './proofs.ts';

export interface HouseSettings {
  readonly authority: AuthorityConfig;
  readonly gate: GateConfig;
  readonly commands: CommandConfig;
  /** What becomes of browsers that can hold no key. */
  readonly boundSessions: 'required' | 'when-possible';
  readonly policy: PolicyConfig;
  readonly processes: ProcessConfig;
  readonly devices: DeviceConfig;
  readonly proofs: ProofSettings;
  readonly proxy: { readonly entry: number };
  readonly workloads: {
    readonly trustDomain?: string | undefined;
    readonly lifetime: number;
    readonly tokenLifetime: number;
  };
  readonly site: WebauthnSite;
  /** The name under which the record's checkpoints are signed. */
  readonly origin: string;
}

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
