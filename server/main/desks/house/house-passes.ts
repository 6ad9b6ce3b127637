/** Enrolment passes of devices in the house of this machine. */
import { devicePass, issuedPass, passProblem } from '../../../doors/api/device-pass-views.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import { NOT_FOUND } from '../not-found.ts';
import type { PassesDesk } from '../passes-desk.ts';

export function housePasses({ store, enrolmentPasses }: House): PassesDesk {
  return {
    async list(device) {
      const id = parseId<'device'>(device);
      if (id === undefined) return NOT_FOUND;
      return ok((await store.read((q) => enrolmentPasses.list(q, id))).map(devicePass));
    },

    async issue(device, { attestationKey, ...rest }) {
      const id = parseId<'device'>(device);
      if (id === undefined) return NOT_FOUND;
      const terms = { ...rest, attestationKey: attestationKey ?? undefined };
      const issued = await writeOrUndo(store, (tx) =>
        enrolmentPasses.issue(tx, id, terms, AT_THE_MACHINE),
      );
      return issued.ok ? ok(issuedPass(issued.value)) : failed(passProblem(issued.error));
    },

    async withdraw(device, pass) {
      const id = parseId<'device'>(device);
      if (id === undefined) return NOT_FOUND;
      const done = await writeOrUndo(store, (tx) =>
        enrolmentPasses.withdraw(tx, id, pass, AT_THE_MACHINE),
      );
      return done.ok ? done : failed(passProblem(done.error));
    },
  };
}
