/** The policies in force, and those that might be. */
import type { policyOperations } from '@sallyport/contract/api/policies.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Handlers } from './handler.ts';
import {
  activated,
  checked,
  notChecked,
  policiesInForce,
  simulation,
  trialProblem,
} from './policy-views.ts';
import { answered, never, Told } from './told.ts';
import { comingFrom, trialNamed } from './trial-named.ts';

export function policyHandlers(
  deps: Pick<ApiDeps, 'governance' | 'clock' | 'trustedNetwork'>,
): Handlers<keyof typeof policyOperations> {
  const { governance } = deps;
  return {
    async showPolicies(_, { token, arrival }) {
      return answered(await governance.show(token, arrival), policiesInForce, never);
    },

    async checkPolicies({ body: { files, from } }, { token, arrival }) {
      const offered = { files, circumstances: from.map((one) => comingFrom(deps, one)) };
      return answered(await governance.check(token, offered, arrival), checked, notChecked);
    },

    async activatePolicies({ body: { files, expected, from } }, { token, arrival, once }) {
      const circumstances = from.map((one) => comingFrom(deps, one));
      const offered = { files, expected, circumstances };
      return answered(
        await governance.activate(token, offered, arrival, once),
        activated,
        ({ code }) => new Told(code),
      );
    },

    async simulatePolicies({ body }, { token, arrival }) {
      const trial = trialNamed(deps, body);
      if (trial === undefined) return new Told('not-found');
      return answered(await governance.simulate(token, trial, arrival), simulation, trialProblem);
    },
  };
}
