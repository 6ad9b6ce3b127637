/** Enrolment passes of devices at a server elsewhere, by its API. */
import { ok } from '../../../kernel/result.ts';
import type { Connection } from '../../remote/connection.ts';
import type { PassesDesk } from '../passes-desk.ts';
import { wholeMinutes } from '../whole-minutes.ts';

export function serverPasses({ call }: Connection): PassesDesk {
  return {
    async list(id) {
      const listed = await call('listDevicePasses', { params: { id } });
      return listed.ok ? ok(listed.value.items) : listed;
    },

    async issue(id, { lifetime, names, networks, ...rest }) {
      const minutes = wholeMinutes('--for', lifetime);
      if (!minutes.ok) return minutes;
      const body = {
        ...rest,
        lifetimeMinutes: minutes.value,
        names: [...names],
        networks: [...networks],
      };
      return call('issueDevicePass', { params: { id }, body });
    },

    withdraw: (id, pass) => call('withdrawDevicePass', { params: { id, pass } }),
  };
}
