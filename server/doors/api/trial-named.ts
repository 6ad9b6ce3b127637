/** What is to be tried, out of the body that names it. The command line on the machine itself reads its own questions by it. */
import type { policyOperations } from '@sallyport/contract/api/policies.ts';
import { trialDefaults } from '@sallyport/contract/trials.ts';
import type { z } from 'zod';
import type { NamedTrial } from '../../gate/use-cases/policies/named-trials.ts';
import type { Asker, Trial } from '../../gate/use-cases/policies/trials.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import { parseId } from '../../kernel/id.ts';

export type TrialBody = z.output<typeof policyOperations.simulatePolicies.body>;

export interface Surroundings {
  readonly clock: Clock;
  readonly trustedNetwork: (address: string) => boolean;
}

/** What policies are told of an administrator who comes to the pages from an address. */
export function comingFrom(
  { clock, trustedNetwork }: Surroundings,
  source: string,
): Trial['circumstances'] {
  return {
    door: trialDefaults.door,
    source,
    trustedNetwork: trustedNetwork(source),
    knownDevice: trialDefaults.knownDevice,
    time: Math.floor(clock.now() / SECOND),
  };
}

/** Undefined where the person can be nobody's. */
export function trialNamed(
  { clock, trustedNetwork }: Surroundings,
  body: TrialBody,
): NamedTrial | undefined {
  const asker = askerOf(body);
  if (asker === undefined) return undefined;
  const { action, concerning, resource, about, files, scopes, method, command, door, source } =
    body;
  const at = body.at === undefined ? clock.now() : Date.parse(body.at);
  return {
    asker,
    action,
    concerning,
    resource,
    about,
    files,
    command,
    entering: { scopes, function: body.function, method },
    shown: body.shown.map((one) => (typeof one === 'string' ? { kind: one, age: 0 } : one)),
    circumstances: {
      door,
      source,
      trustedNetwork: body.trustedNetwork ?? trustedNetwork(source),
      knownDevice: body.knownDevice,
      time: Math.floor(at / SECOND),
      ...(body.service === undefined ? {} : { service: body.service }),
      ...(body.certificate === undefined ? {} : { certificate: body.certificate }),
    },
  };
}

function askerOf({ person, process, device, someone }: TrialBody): Asker | undefined {
  if (someone !== undefined) return someone;
  if (process !== undefined) return { process };
  if (device !== undefined) return { device };
  const id = parseId<'person'>(person ?? '');
  return id && { person: id };
}
