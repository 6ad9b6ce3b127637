/** What the commands that add proofs to devices have in common. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { AddedDeviceProof, NewDeviceProof, ShownDevice } from '../desks/devices-desk.ts';
import { momentOf } from '../terminal/amounts.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';
import { deviceAt, refusedDevice } from './device-words.ts';

export function adding(
  context: CommandContext,
  typed: string,
  proof: NewDeviceProof,
  tell: (device: ShownDevice, added: AddedDeviceProof) => { says: string; next?: string },
): Promise<ExitCode> {
  return withDesk(context, async ({ devices }) => {
    const output = context.output();
    const device = await deviceAt(devices, typed, output);
    const added = await devices.addProof(device.id, proof);
    if (!added.ok) return refusedDevice(output, added.error);
    output.answer({ ...tell(device, added.value), data: added.value });
    return EXIT.ok;
  });
}

export const ending = ({ expiresAt }: AddedDeviceProof) =>
  expiresAt === null ? '' : `, good until ${momentOf(expiresAt)}`;

const MOST = 64 * 1024;

export function readTyped({ folder }: CommandContext, name: string): Result<string, Problem> {
  try {
    // 0 is standard input.
    const text = readFileSync(name === '-' ? 0 : resolve(folder, name), 'utf8');
    if (text.length <= MOST) return ok(text);
    return failed({ what: `${name} is larger than anything of its kind.` });
  } catch {
    return failed({ what: `${name} can’t be read.`, mend: 'Name a file that is there.' });
  }
}
