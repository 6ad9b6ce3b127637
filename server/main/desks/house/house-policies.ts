/** Policies in the house of this machine. */
import { policyOperations } from '@sallyport/contract/api/policies.ts';
import type { Config } from '../../../config/sections.ts';
import { fieldsOf } from '../../../doors/api/fields.ts';
import {
  activated,
  policiesInForce,
  policyVersion,
  simulation,
  trialProblem,
} from '../../../doors/api/policy-views.ts';
import { Told } from '../../../doors/api/told.ts';
import { comingFrom, trialNamed } from '../../../doors/api/trial-named.ts';
import { administratorsOf } from '../../../gate/use-cases/people/administrators.ts';
import { wishTried } from '../../../gate/use-cases/policies/named-trials.ts';
import { checkedNetworks } from '../../../kernel/networks.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { House } from '../../house.ts';
import type { Refused } from '../../remote/connection.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import { NOT_FOUND } from '../not-found.ts';
import type { PoliciesDesk } from '../policies-desk.ts';

export function housePolicies(house: House, { listen }: Config): PoliciesDesk {
  const { store, policies, clock, tryOut } = house;
  const surroundings = { clock, trustedNetwork: checkedNetworks(listen.trustedNetworks) };

  return {
    show: () =>
      store.read(async (q) => {
        const active = await policies.current(q);
        const files = await policies.files(q);
        if (!files.ok) {
          const members = { version: active.version, says: files.error };
          return failed<Refused>({ code: 'unavailable', members });
        }
        const versions = await policies.versions(q);
        const explained = active.explain(active.ids);
        return ok(policiesInForce({ ...files.value, policies: explained, versions }));
      }),

    versions: () => store.read(async (q) => ok((await policies.versions(q)).map(policyVersion))),

    async activate({ files, from, expected }) {
      const prepared = await policies.prepare(files);
      const circumstances = from.map((one) => comingFrom(surroundings, one));
      const done = await store.write(async (tx) =>
        policies.activate(tx, prepared, {
          by: AT_THE_MACHINE,
          administrators: await administratorsOf(tx, house),
          circumstances,
          ...(expected === undefined ? {} : { expected }),
        }),
      );
      const told = activated({ ...done, problems: prepared.problems });
      return told instanceof Told ? failed<Refused>(told) : ok(told);
    },

    async simulate(question) {
      const body = policyOperations.simulatePolicies.body.safeParse(question);
      if (!body.success) {
        return failed<Refused>({ code: 'not-valid', members: { fields: fieldsOf(body.error) } });
      }
      const named = trialNamed(surroundings, body.data);
      if (named === undefined) return NOT_FOUND;
      const wish = wishTried(house, named);
      if (typeof wish !== 'function') return failed<Refused>(trialProblem(wish));
      const tried = await tryOut({ ...named, wish });
      return tried.ok ? ok(simulation(tried.value)) : failed<Refused>(trialProblem(tried.error));
    },
  };
}
