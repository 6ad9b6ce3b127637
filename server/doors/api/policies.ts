/** The policies in force, and those that might be. */

import type { policyOperations } from '@sallyport/contract/api/policies.ts';
import type { Governance } from '../../gate/use-cases/governance.ts';
import { SECOND } from '../../kernel/clock.ts';
import { parseId } from '../../kernel/id.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';
import { time } from './views.ts';

type Done<M extends keyof Governance> = Extract<
  Awaited<ReturnType<Governance[M]>>,
  { readonly state: 'done' }
>['value'];
type PolicyProblem = Done<'check'>[number];
type Simulation = Done<'simulate'>;

const STATES = { permitted: 'granted', challenge: 'challenged', refused: 'refused' } as const;

export function policyHandlers({
  governance,
  clock,
}: Pick<ApiDeps, 'governance' | 'clock'>): Handlers<keyof typeof policyOperations> {
  return {
    async showPolicies(_, { token, arrival }) {
      return answered(
        await governance.show(token, arrival),
        ({ version, files, versions }) => ({
          version,
          files,
          versions: versions.map((each) => ({
            version: each.version,
            sha256: each.sha256,
            activatedAt: time(each.activated_at),
            activatedBy: each.activated_by,
          })),
        }),
        never,
      );
    },

    async checkPolicies({ body }, { token, arrival }) {
      return answered(
        await governance.check(token, body.files, arrival),
        (found) => ({
          valid: !found.some(({ severity }) => severity === 'error'),
          problems: found.map(problem),
        }),
        never,
      );
    },

    async activatePolicies({ body: { files, expected } }, { token, arrival, once }) {
      return answered(
        await governance.activate(token, { files, expected }, arrival, once),
        (activated) => {
          if (activated.state === 'activated') return { version: activated.version };
          switch (activated.reason) {
            case 'not-valid':
              return new Told('policy-not-valid', { problems: activated.problems.map(problem) });
            case 'would-lock-out':
              return new Told('policy-locks-out');
            case 'changed-meanwhile':
              return new Told('changed-meanwhile');
          }
        },
        ({ code }) => new Told(code),
      );
    },

    async simulatePolicies({ body }, { token, arrival }) {
      const person = body.person === undefined ? undefined : parseId<'person'>(body.person);
      // One of the two is there.
      const asker = person === undefined ? { process: body.process ?? '' } : { person };
      if (body.person !== undefined && person === undefined) return new Told('not-found');
      const { scopes, function: name, method } = body;
      const entering = { scopes, function: name, method };
      const { action, concerning, resource, files, door, source, trustedNetwork, knownDevice } =
        body;
      const at = body.at === undefined ? clock.now() : Date.parse(body.at);
      const time = Math.floor(at / SECOND);
      const shown = body.shown.map((kind) => ({ kind, age: 0 }));
      const circumstances = { door, source, trustedNetwork, knownDevice, time };
      return answered(
        await governance.simulate(
          token,
          { asker, action, concerning, resource, entering, circumstances, shown, files },
          arrival,
        ),
        simulation,
        (error) =>
          error.code === 'not-valid'
            ? new Told('policy-not-valid', { problems: error.problems.map(problem) })
            : new Told(error.code),
      );
    },
  };
}

function problem({ severity, message, file, line, column, width, source, ...more }: PolicyProblem) {
  const { suggestion, policy } = more;
  return {
    severity,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(policy === undefined ? {} : { policy }),
    file,
    line,
    column,
    width,
    source,
  };
}

function simulation({ answer, assurance, deciding, missing }: Simulation) {
  return {
    state: STATES[answer.state],
    rungs: answer.state === 'challenge' ? answer.rungs.map(({ kinds }) => kinds) : [],
    missing: missing.map(({ kinds }) => kinds),
    deciding: deciding.map(({ id, effect, because, file, line }) => ({
      id,
      effect,
      because,
      file,
      line,
    })),
    errors: answer.state === 'refused' ? answer.errors : [],
    acr: assurance.acr,
  };
}
