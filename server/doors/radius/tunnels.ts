/**
 * People inside the tunnel of EAP-TTLS: judged as they are outside of it (people.ts), and asked the same. EAP-GTC shows its questions.
 * PAP has one field, so a code is typed right behind the password; whatever else is wanted of them can be asked where their supplicants
 * show that (`approve.shownInTunnel`), and waited for where that is allowed (`approve.withoutNumber`).
 */
import type { Approving } from './approving.ts';
import type { TunnelPeople } from './eap-seam.ts';
import type { People } from './people.ts';
import type { Asked } from './request.ts';

export function createTunnels({
  people,
  showsInTunnel,
  report,
}: Pick<Approving, 'showsInTunnel'> & {
  readonly people: People;
  readonly report: (fault: unknown) => void;
}): (asked: Asked) => TunnelPeople {
  return (asked) => {
    const inside = (oneField: boolean): Asked => ({
      ...asked,
      oneField,
      asksOnce: oneField && !showsInTunnel(asked.client),
    });
    return {
      logIn: (name, typed, oneField) => people.logIn(name, typed, inside(oneField)),
      answer: (open, typed, oneField) => people.answer(open, typed, inside(oneField)),
      leave: (open, oneField) => void people.leave(open, inside(oneField)).catch(report),
    };
  };
}
