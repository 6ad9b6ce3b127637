/** Who is at which network device, by the house of this machine. A server that runs beside it asks the device within a minute. */
import { logIn } from '../../../doors/api/log-ins.ts';
import { parseId } from '../../../kernel/id.ts';
import { ok } from '../../../kernel/result.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { LogInsDesk } from '../log-ins-desk.ts';
import { NOT_FOUND } from '../not-found.ts';
import { behindId } from './behind-id.ts';

export function houseLogIns({ store, logInActs }: House): LogInsDesk {
  return {
    list: behindId(async (filter) => {
      const { items, next } = await store.read((q) => logInActs.list(q, filter));
      return ok({ items: items.map(logIn), next: next ?? null });
    }),
    async reauthorize(text) {
      const id = parseId<'network-session'>(text);
      if (id === undefined) return NOT_FOUND;
      const judged = await store.write((tx) => logInActs.reauthorize(tx, id, AT_THE_MACHINE));
      return judged.ok ? judged : NOT_FOUND;
    },
    async end(text) {
      const id = parseId<'network-session'>(text);
      if (id === undefined) return NOT_FOUND;
      const ended = await store.write((tx) => logInActs.end(tx, id, AT_THE_MACHINE));
      return ended.ok ? ended : NOT_FOUND;
    },
  };
}
