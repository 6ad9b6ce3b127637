/** Enrolment passes of devices. */
import type { enrolmentOperations } from '@sallyport/contract/api/enrolment.ts';
import { MINUTE } from '../../kernel/clock.ts';
import type { ApiDeps } from './api-deps.ts';
import { devicePass, issuedPass, passProblem } from './device-pass-views.ts';
import type { Handlers } from './handler.ts';
import { answered, Told } from './told.ts';

export function devicePassHandlers({
  enrolmentAdministration: passes,
}: Pick<ApiDeps, 'enrolmentAdministration'>): Handlers<keyof typeof enrolmentOperations> {
  return {
    async listDevicePasses({ params }, { token, arrival }) {
      return answered(
        await passes.list(token, params.id, arrival),
        (items) => ({ items: items.map(devicePass) }),
        () => new Told('not-found'),
      );
    },

    async issueDevicePass({ params, body }, { token, arrival, once }) {
      const { lifetimeMinutes, attestationKey, ...rest } = body;
      const terms = {
        ...rest,
        lifetime: lifetimeMinutes * MINUTE,
        attestationKey: attestationKey ?? undefined,
      };
      const issued = await passes.issue(token, params.id, terms, arrival, once);
      return answered(issued, issuedPass, (error) =>
        error.code === 'key-reused' ? new Told(error.code) : passProblem(error),
      );
    },

    async withdrawDevicePass({ params }, { token, arrival }) {
      const withdrawn = await passes.withdraw(token, params.id, params.pass, arrival);
      return answered(withdrawn, () => undefined, passProblem);
    },
  };
}
