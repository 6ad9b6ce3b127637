import type { CommandContext } from '../terminal/command-context.ts';
import type { ExitCode } from '../terminal/exit.ts';
import type { Desk } from './desk.ts';
import type { PeopleDesk } from './people-desk.ts';

/** Works where the command was told to: at the server that `--at` names, or in the house of this machine. */
export async function withDesk(
  context: CommandContext,
  work: (desk: Desk) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { remoteOf } = await import('../remote/remote.ts');
  const server = remoteOf(context);
  if (server !== undefined) {
    const { serverDesk } = await import('./server/server-desk.ts');
    return work(serverDesk(server));
  }
  const { withHouse } = await import('../with-house.ts');
  const here: Parameters<typeof withHouse>[1] = async (opened, config) => {
    const { houseDesk } = await import('./house/house-desk.ts');
    return work(houseDesk(opened, config));
  };
  return withHouse(context, here, { elsewhere: true });
}

/** The same for those commands that are about people alone. */
export function withPeople(
  context: CommandContext,
  work: (desk: PeopleDesk) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withDesk(context, ({ people }) => work(people));
}
