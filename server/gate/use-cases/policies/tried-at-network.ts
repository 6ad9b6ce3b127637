/** What policies would be told of a network device in a trial, and of a command there: the same as where it is asked for (network/). */
import type { CommandContext, PolicyResource } from '../../../policy/request.ts';
import type { Queries } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import { createChangeWindows } from '../../network/change-windows.ts';
import type { CommandConfig } from '../../network/command-config.ts';
import { readCommand } from '../../network/command-text.ts';
import { networkResource } from '../../network/network-resource.ts';
import { createSensitive } from '../../network/sensitive-commands.ts';

export interface TriedAtNetwork {
  /** Undefined where no device is called so. */
  resource(q: Queries, name: string): Promise<PolicyResource | undefined>;
  /** Undefined where it is none that a device could ask about. */
  command(text: string, at: number): CommandContext | undefined;
}

export function createTriedAtNetwork({
  devices,
  commands: { sensitive, ordinary, windows },
}: {
  readonly devices: Pick<Devices, 'find'>;
  readonly commands: CommandConfig;
}): TriedAtNetwork {
  const isSensitive = createSensitive({ more: sensitive, ordinary });
  const openWindows = createChangeWindows(windows);
  return {
    async resource(q, name) {
      const device = await devices.find(q, name);
      return device && networkResource(device);
    },
    command(typed, at) {
      const read = readCommand(typed, []);
      if (!read.ok) return undefined;
      const { name, text } = read.value;
      return { name, text, sensitive: isSensitive(text), windows: openWindows(at) };
    },
  };
}
