/** Whom a certificate is for, as it is typed: device:plc-7, process:billing, person:ada, server:host.example. */
import type { Certified } from '../../authority/x509/authority-words.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { House } from '../house.ts';
import type { Problem } from '../terminal/output.ts';

const HOW: Problem = {
  what: '--for names nobody.',
  mend: 'Write device:NAME, process:NAME, person:IDENTIFIER or server:HOST.',
};

export async function certifiedTyped(
  { store, devices, processes, people }: House,
  typed: string,
): Promise<Result<Certified, Problem>> {
  const [kind = '', ...rest] = typed.split(':');
  const name = rest.join(':');
  if (name === '') return failed(HOW);
  return store.read(async (q): Promise<Result<Certified, Problem>> => {
    const nobody = (what: string, list: string) =>
      failed({ what: `There is no ${what} “${name}”.`, mend: `./sallyport ${list} shows them.` });
    const ended = (what: string) =>
      failed({ what: `The ${what} “${name}” is not active.`, mend: 'Nothing was issued.' });
    switch (kind) {
      case 'device': {
        const device = await devices.find(q, name);
        if (device === undefined) return nobody('device', 'device list');
        if (device.status !== 'active') return ended('device');
        return ok({ kind, id: device.id, name: device.name });
      }
      case 'process': {
        const process = await processes.find(q, name);
        if (process === undefined) return nobody('process', 'process list');
        if (process.status !== 'active') return ended('process');
        return ok({ kind, id: process.id, name: process.name });
      }
      case 'person': {
        const person = await people.find(q, name);
        const profile = person && (await people.profile(q, person));
        if (person === undefined || profile === undefined) return nobody('person', 'person list');
        if (person.status !== 'active') return ended('person');
        return ok({ kind, id: person.id, name: profile.displayName });
      }
      case 'server':
        return ok({ kind, id: name.toLowerCase(), name: name.toLowerCase() });
      default:
        return failed(HOW);
    }
  });
}
