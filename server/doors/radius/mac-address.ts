/**
 * A device that can show nothing but its MAC address: switches ask for it by Call-Check, or by a name and a password that both are
 * the address. The latter anyone can type where a person logs in, so it is heard of a port or radio alone, and of the very address
 * that the network device sees there.
 */
import { readMac } from '@sallyport/contract/devices.ts';
import { attribute, TYPE } from '../../wire/radius/packet.ts';
import type { SharedSecret } from '../../wire/radius/shared-secret.ts';
import { integerOf, readText, textOf } from '../../wire/radius/values.ts';
import { type Asked, CALL_CHECK, NAS_PORT_TYPE } from './request.ts';

/** NAS-Port-Type of what a device is plugged into, or in reach of: Ethernet, Wireless-Other, Wireless-802.11 (RFC 2865 §5.41). */
const PORTS: ReadonlySet<number> = new Set([15, 18, 19]);

export function macOf(
  { packet, serviceType, service, station }: Asked,
  secret: SharedSecret,
): string | undefined {
  const name = textOf(packet, TYPE.userName) ?? '';
  const mac = readMac(name);
  if (serviceType === CALL_CHECK) return mac ?? (station && readMac(station));
  const isPort = PORTS.has(integerOf(packet, NAS_PORT_TYPE) ?? 0);
  if (mac === undefined || !isPort || (service !== 'wired' && service !== 'wifi')) return undefined;
  if (station === undefined || readMac(station) !== mac) return undefined;
  const hidden = attribute(packet, TYPE.userPassword);
  const shown = hidden && secret.showPassword(hidden, packet.authenticator);
  return shown !== undefined && readText(shown) === name ? mac : undefined;
}
