/** Policies at a server elsewhere, by its API. */
import { ok } from '../../../kernel/result.ts';
import type { Connection } from '../../remote/connection.ts';
import type { PoliciesDesk } from '../policies-desk.ts';

export function serverPolicies({ call }: Connection): PoliciesDesk {
  return {
    show: () => call('showPolicies'),

    async versions() {
      const shown = await call('showPolicies');
      return shown.ok ? ok(shown.value.versions) : shown;
    },

    activate({ files, from, expected }) {
      const body = { files: { ...files }, from: [...from] };
      return call('activatePolicies', {
        body: { ...body, ...(expected === undefined ? {} : { expected }) },
      });
    },

    simulate: (body) => call('simulatePolicies', { body }),
  };
}
