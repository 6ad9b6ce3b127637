/** Whom a certificate is for, as it is typed: device:plc-7, process:billing, person:ada, server:host.example. */
import { type Certified, subjectKinds } from '../../authority/x509/authority-words.ts';
import { findCertified } from '../../gate/use-cases/certificates/certified.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { House } from '../house.ts';
import type { Problem } from '../terminal/output.ts';

const HOW: Problem = {
  what: '--for names nobody.',
  mend: 'Write device:NAME, process:NAME, person:IDENTIFIER or server:HOST.',
};

export async function certifiedTyped(
  house: House,
  typed: string,
): Promise<Result<Certified, Problem>> {
  const [first, ...rest] = typed.split(':');
  const kind = subjectKinds.find((each) => each === first);
  const name = rest.join(':');
  if (kind === undefined || name === '') return failed(HOW);
  const found = await house.store.read((q) => findCertified(house, q, kind, name));
  if (found === 'not-active') {
    return failed({ what: `The ${kind} “${name}” is not active.`, mend: 'Nothing was issued.' });
  }
  if (found === 'not-found') {
    const mend = `./sallyport ${kind} list shows them.`;
    return failed({ what: `There is no ${kind} “${name}”.`, mend });
  }
  return ok(found.subject);
}
