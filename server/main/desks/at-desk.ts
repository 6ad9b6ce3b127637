import type { CommandContext } from '../terminal/command-context.ts';
import type { ExitCode } from '../terminal/exit.ts';
import type { PeopleDesk } from './people-desk.ts';

/** Works on people where the command was told to: at the server that `--at` names, or in the house of this machine. */
export async function withPeople(
  context: CommandContext,
  work: (desk: PeopleDesk) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { remoteOf } = await import('../remote/remote.ts');
  const server = remoteOf(context);
  if (server !== undefined) {
    const { serverPeople } = await import('./server-people.ts');
    return work(serverPeople(server));
  }
  const { withHouse } = await import('../with-house.ts');
  return withHouse(context, async ({ house, origin }) => {
    const { housePeople } = await import('./house-people.ts');
    return work(housePeople(house, origin));
  });
}
