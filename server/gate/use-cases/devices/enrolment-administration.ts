/** What administrators do about enrolment passes by a door: as about a device's proofs, since one becomes such. */
import { failed, ok } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import type { Device, Devices } from '../../../subjects/devices.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import { asJson, type KeyReused, type OnceKey } from '../../once/once.ts';
import type { Wish } from '../../wish.ts';
import { DEVICES } from '../../wishes.ts';
import { found, NOT_FOUND, type NotFound } from '../answered.ts';
import type {
  EnrolmentPass,
  EnrolmentPasses,
  EnrolmentTerms,
  IssuedPass,
  PassError,
} from './enrolment-passes.ts';

/** Devices are named by id or by name throughout, as clients know them. */
export interface EnrolmentAdministration {
  list(
    token: string,
    named: string,
    arrival: Arrival,
  ): Promise<Performed<readonly EnrolmentPass[], NotFound>>;
  issue(
    token: string,
    named: string,
    terms: EnrolmentTerms,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<IssuedPass, PassError | KeyReused>>;
  withdraw(
    token: string,
    named: string,
    pass: string,
    arrival: Arrival,
  ): Promise<Performed<void, PassError>>;
}

const wish = (action: Action): Wish => ({ action, resource: DEVICES });

export function createEnrolmentAdministration({
  gate,
  devices,
  passes,
}: {
  readonly gate: Gate;
  readonly devices: Pick<Devices, 'find'>;
  readonly passes: EnrolmentPasses;
}): EnrolmentAdministration {
  return {
    list: (token, named, arrival) =>
      found(
        gate.read(token, wish('device.read'), arrival, async (q) => {
          const device: Device | undefined = await devices.find(q, named);
          return device && passes.list(q, device.id);
        }),
      ),

    issue: (token, named, terms, arrival, once) =>
      gate.performOnce<IssuedPass, PassError>(
        token,
        wish('device.rotate'),
        arrival,
        asJson<IssuedPass>(once),
        async (tx, { by }) => {
          const device = await devices.find(tx, named);
          return device === undefined ? failed(NOT_FOUND) : passes.issue(tx, device.id, terms, by);
        },
      ),

    withdraw: (token, named, pass, arrival) =>
      gate.perform<void, PassError>(token, wish('device.rotate'), arrival, async (tx, { by }) => {
        const device = await devices.find(tx, named);
        if (device === undefined) return failed(NOT_FOUND);
        const withdrawn = await passes.withdraw(tx, device.id, pass, by);
        return withdrawn.ok ? ok(undefined) : withdrawn;
      }),
  };
}
