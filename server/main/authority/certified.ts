/** Whom a certificate is for, as it is typed: device:plc-7, process:billing, person:ada, server:host.example. */
import { type CertifiedKind, certifiedKinds } from '@sallyport/contract/certificates.ts';
import type { Desk } from '../desks/desk.ts';
import { deviceAt } from '../device/device-words.ts';
import { personAt } from '../person/person-words.ts';
import { processAt } from '../process/process-words.ts';
import { Ended } from '../terminal/exit.ts';
import type { Output } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';

export interface CertifiedTyped {
  readonly kind: CertifiedKind;
  readonly id: string;
  readonly name: string;
}

/** Finds who is meant, wherever the command works; ends it when there is nobody like that. */
export async function certifiedAt(
  desk: Desk,
  typed: string,
  output: Output,
): Promise<CertifiedTyped> {
  const [first, ...rest] = typed.split(':');
  const kind = certifiedKinds.find((each) => each === first);
  const name = rest.join(':');
  if (kind === undefined || name === '') {
    const mend = 'Write device:NAME, process:NAME, person:IDENTIFIER or server:HOST.';
    throw new Ended(misused(output, { what: '--for names nobody.', mend }));
  }
  switch (kind) {
    case 'device':
      return { kind, ...named(await deviceAt(desk.devices, name, output)) };
    case 'process':
      return { kind, ...named(await processAt(desk.processes, name, output)) };
    case 'person': {
      const { id, displayName } = await personAt(desk.people, name, output);
      return { kind, id, name: displayName ?? name };
    }
    case 'server':
      return { kind, id: name.toLowerCase(), name: name.toLowerCase() };
  }
}

const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({ id, name });
