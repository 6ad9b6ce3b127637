/** The RADIUS door on ports of its own, before a gate that a test plays. */

import type { EapServer } from '../../server/doors/radius/eap-seam.ts';
import { radiusConfig } from '../../server/doors/radius/radius-config.ts';
import { createRadiusDoor, type RadiusDoor } from '../../server/doors/radius/radius-door.ts';
import type {
  AccountingReport,
  Collected,
  Held,
  Holding,
  LoggedIn,
  LogIn,
  LogInOutcome,
  Network,
  NetworkClient,
  NetworkSession,
  UnheardBecause,
  UnjudgedBecause,
} from '../../server/gate/network/network-words.ts';
import type { Offer } from '../../server/gate/offer.ts';
import { createIds, type DeviceId, type PersonId } from '../../server/kernel/id.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { type ManualClock, manualClock } from './clock.ts';
import { shortLater } from './short-later.ts';

export const SECRET = new TextEncoder().encode('a secret of more than thirty-two letters');

export const nas = (change: Partial<NetworkClient> = {}): NetworkClient => ({
  device: 'nas' as DeviceId, // Any text names it in a test.
  name: 'vpn1',
  kind: 'vpn',
  zone: '',
  groups: [],
  epoch: 1,
  secret: SECRET,
  exceptions: { withoutMessageAuthenticator: false },
  ...change,
});

export const loggedIn = (change: Partial<LoggedIn> = {}): LoggedIn => ({
  session: '01893a5c-0000-7000-8000-000000000001' as LoggedIn['session'], // Has the form of one.
  subject: 'ada' as PersonId, // As above.
  name: 'ada',
  groups: [],
  roles: [],
  until: manualClock().now() + 3_600_000,
  attributes: {},
  ...change,
});

export interface Played {
  client?: NetworkClient | undefined;
  logIn?: (login: LogIn, offer: Offer | undefined) => LogInOutcome | Promise<LogInOutcome>;
  prove?: (token: string, offer: Offer) => LogInOutcome | Promise<LogInOutcome>;
  hold?: (token: string, holding: Holding) => Held;
  collect?: (token: string) => Collected;
  admit?: (mac: string) => boolean;
  account?: (report: AccountingReport) => void;
}

export interface DoorHouse {
  readonly door: RadiusDoor;
  readonly port: number;
  readonly accountingPort: number;
  readonly clock: ManualClock;
  readonly unheard: UnheardBecause[];
  readonly unjudged: UnjudgedBecause[];
  readonly faults: unknown[];
  readonly judged: { name: string; service: string; offer: Offer | undefined }[];
  /** Attempts that nobody waits for any more. */
  readonly withdrawn: string[];
  end(session: NetworkSession): void;
  close(): Promise<void>;
}

export async function openRadiusDoor(
  played: Played,
  config: Record<string, unknown> = {},
  eap?: EapServer,
): Promise<DoorHouse> {
  const clock = manualClock();
  const random = systemRandom();
  const unheard: UnheardBecause[] = [];
  const unjudged: UnjudgedBecause[] = [];
  const faults: unknown[] = [];
  const judged: DoorHouse['judged'] = [];
  const withdrawn: string[] = [];
  const listeners: ((ended: NetworkSession) => void)[] = [];
  const usual = nas();
  const client = () => ('client' in played ? played.client : usual);
  const network: Network = {
    client: async () => client(),
    clientByCertificate: async () => client(),
    async unheard(because) {
      unheard.push(because);
    },
    async unjudged(because) {
      unjudged.push(because);
    },
    async logIn(login, _arrival, offer) {
      judged.push({ name: login.identifier, service: login.service, offer });
      return (await played.logIn?.(login, offer)) ?? { state: 'refused', reason: 'wrong' };
    },
    async prove(token, offer) {
      judged.push({ name: token, service: '', offer });
      return (await played.prove?.(token, offer)) ?? { state: 'refused', reason: 'wrong' };
    },
    hold: async (token, holding) =>
      played.hold?.(token, holding) ?? { state: 'refused', reason: 'not-asked' },
    collect: async (token) =>
      played.collect?.(token) ?? { state: 'refused', reason: 'attempt-over' },
    async withdraw(token) {
      withdrawn.push(token);
    },
    async admit(joining) {
      const mac = 'mac' in joining ? joining.mac : '';
      judged.push({ name: mac, service: 'mac', offer: undefined });
      return played.admit?.(mac)
        ? { state: 'granted', login: loggedIn({ attributes: { vlan: 'quarantine' } }) }
        : { state: 'refused', reason: 'not-permitted' };
    },
    command: async () => ({ state: 'refused', reason: 'not-permitted' }),
    async account(report) {
      played.account?.(report);
    },
    stands: async () => false,
    sessionOf: async () => undefined,
    onEnded: (listener) => void listeners.push(listener),
    told: async () => {},
    unused: async () => {},
    onChanged: () => {},
  };
  const door = createRadiusDoor(
    {
      network,
      eap,
      clock,
      random,
      ids: createIds(clock, random),
      later: shortLater((milliseconds) => Math.min(milliseconds, 50)),
      notice: () => {},
      trustedNetwork: () => false,
      origin: () => 'https://id.example.com',
      credentials: async () => ({ cert: '', key: '' }),
      report: (fault) => faults.push(fault),
    },
    radiusConfig.parse({
      host: '127.0.0.1',
      port: 0,
      accountingPort: 0,
      tls: false,
      ...config,
    }),
  );
  await door.start();
  const { authentication, accounting } = door.ports();
  return {
    door,
    port: authentication,
    accountingPort: accounting,
    clock,
    unheard,
    unjudged,
    faults,
    judged,
    withdrawn,
    end: (session) => {
      for (const listener of listeners) listener(session);
    },
    close: () => door.stop(),
  };
}
