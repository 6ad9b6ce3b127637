/** Enrolment passes of devices. */
import type { enrolmentOperations } from '@sallyport/contract/api/enrolment.ts';
import type { ShownTpm } from '../../gate/use-cases/devices/tpm-binding.ts';
import { base64url, fromBase64url } from '../../kernel/bytes.ts';
import { MINUTE } from '../../kernel/clock.ts';
import type { ApiDeps } from './api-deps.ts';
import { devicePass, issuedPass, passProblem, tpmProblem } from './device-pass-views.ts';
import type { Handlers } from './handler.ts';
import { answered, Told } from './told.ts';
import { time } from './views.ts';

const tpmOf = (body: {
  readonly pass: string;
  readonly endorsement: readonly string[];
  readonly attestationKey: string;
}): ShownTpm => ({
  pass: body.pass,
  endorsement: body.endorsement.map(bytesOf),
  attestationKey: bytesOf(body.attestationKey),
});

/** What is not of its form is no certificate and no key either. */
const bytesOf = (text: string) => fromBase64url(text) ?? new Uint8Array(0);

export function devicePassHandlers({
  enrolmentAdministration: passes,
  tpmBinding,
}: Pick<ApiDeps, 'enrolmentAdministration' | 'tpmBinding'>): Handlers<
  keyof typeof enrolmentOperations
> {
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

    async askTpm({ body }, { arrival }) {
      const asked = await tpmBinding.ask(tpmOf(body), arrival);
      if (!asked.ok) return tpmProblem(asked.error);
      const { blob, seed, until } = asked.value;
      return {
        credentialBlob: base64url(blob),
        encryptedSecret: base64url(seed),
        until: time(until),
      };
    },

    async bindTpm({ body }, { arrival }) {
      const until = Date.parse(body.until);
      const bound = await tpmBinding.bind(tpmOf(body), { secret: body.secret, until }, arrival);
      if (!bound.ok) return tpmProblem(bound.error);
      const { device, ...rest } = bound.value;
      return { device: device.id, name: device.name, ...rest };
    },
  };
}
