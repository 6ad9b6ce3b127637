/** A house with ACME, in a world where every name leads to this computer. */
import { createSafeFetch } from '../../server/http/safe-fetch.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { systemLater } from '../../server/kernel/later.ts';
import type { HouseSettings } from '../../server/main/house.ts';
import { openEnrolmentHouse } from './enrolment.ts';
import { freePort } from './free-port.ts';

export type AcmeHouse = Awaited<ReturnType<typeof openAcmeHouse>>;

export async function openAcmeHouse(
  more: { readonly est?: { readonly enabled: boolean } } = {},
  settings: Partial<HouseSettings> = {},
  { boundTpms = false }: { readonly boundTpms?: boolean } = {},
) {
  const challengePort = await freePort();
  const house = await openEnrolmentHouse({
    config: { acme: { enabled: true }, ...more },
    settings,
    parts: {
      challenges: {
        port: challengePort,
        boundTpms,
        lookAt: createSafeFetch({
          clock: systemClock(),
          later: systemLater(),
          plain: true,
          allowed: (address) => address === '127.0.0.1',
          lookup: async (name) => [
            { address: name.startsWith('metadata.') ? '169.254.169.254' : '127.0.0.1', family: 4 },
          ],
        }),
      },
    },
  });
  return { ...house, challengePort };
}
