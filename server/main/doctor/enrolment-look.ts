import type { House } from '../house.ts';
import { type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

/** Whether devices can get certificates by the doors that are there for it. */
export const lookAtEnrolment: Look = {
  name: 'EST and ACME',
  needs: [...OF_THE_HOUSE, 'est', 'acme', 'authority', 'pki'],
  async look(context) {
    const { est, acme, listen, pki, authority } = context.loaded.config;
    const doors = [...(est.enabled ? ['EST'] : []), ...(acme.enabled ? ['ACME'] : [])];
    const findings: Finding[] = [];
    if (pki.enabled && authority.address === undefined) {
      findings.push(
        warn(
          'Lists are served by plain HTTP, and no certificate says so.',
          `Name that place for those that are issued from now on: authority.address, such as http://HOST:${pki.port}`,
        ),
      );
    }
    if (doors.length === 0) {
      return findings.length > 0 ? findings : ok('Off (est.enabled, acme.enabled).');
    }
    const both = doors.join(' and ');
    const secure = listen.tls !== undefined || listen.origin?.startsWith('https:') === true;
    if (!secure) {
      findings.push(
        warn(
          `Only this machine itself gets certificates by ${both}: others are refused without HTTPS.`,
          'See to TLS here (listen.tls) or at a proxy in front (listen.origin).',
        ),
      );
    }
    const found = await findInHouse(context, {
      none: ok(`The first certificate by ${both} makes the authority.`),
      judge: (house) => judge(house, both),
    });
    const all = [...findings, ...[found].flat()];
    const wrong = all.filter(({ state }) => state !== 'ok');
    return wrong.length > 0 ? wrong : all;
  },
};

async function judge({ authority }: House, doors: string): Promise<Finding> {
  const all = await authority.published();
  if (all.some(({ role, inUse }) => role === 'issuing' && inUse)) {
    return ok(`Devices get certificates by ${doors}.`);
  }
  const away = all.some(({ role, inUse, hasKey }) => role === 'root' && inUse && !hasKey);
  return away
    ? warn(
        `${doors} can issue nothing: no issuing CA is in use, and the root’s key is away.`,
        './sallyport authority import-root FILE',
      )
    : warn(
        `There is no authority yet, so that no device can trust it before it comes to ${doors}.`,
        './sallyport authority init',
      );
}
