import type { EapRound } from '../../server/doors/radius/eap-seam.ts';
import type {
  LoggedIn,
  NetworkClient,
  NetworkSessionId,
} from '../../server/doors/radius/network-words.ts';
import type { Arrival } from '../../server/gate/arrival.ts';
import type { DeviceId } from '../../server/kernel/id.ts';

export function aClient(name: string): NetworkClient {
  return {
    device: `device-of-${name}` as DeviceId, // As good as any, where no database is.
    name,
    kind: 'switch',
    zone: 'plant',
    groups: [],
    secret: undefined,
    exceptions: { withoutMessageAuthenticator: false },
  };
}

export function anArrival(): Arrival {
  return {
    door: 'radius',
    channel: 'radius',
    address: '127.0.0.1',
    network: '127.0.0.1',
    trustedNetwork: false,
    userAgent: undefined,
    origin: undefined,
    request: 'a-request',
    device: undefined,
    carries: ['password', 'totp'],
  };
}

export function aRound(eap: Uint8Array, more: Partial<EapRound> = {}): EapRound {
  return {
    eap,
    client: aClient('switch-1'),
    arrival: anArrival(),
    userName: '',
    service: 'wired',
    station: undefined,
    most: 1020,
    ...more,
  };
}

export function aLogin(name: string): LoggedIn {
  return {
    session: 'a-session' as NetworkSessionId, // As good as any, where no database is.
    subject: 'a-device' as DeviceId,
    name,
    groups: [],
    roles: [],
    until: Number.MAX_SAFE_INTEGER,
    attributes: {},
  };
}
