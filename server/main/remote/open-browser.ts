import { spawn } from 'node:child_process';
import type { Environment } from '../../config/environment.ts';

/** What opens an address in the person's browser; undefined where there is none to open it in. */
function opener(environment: Environment): readonly [string, ...string[]] | undefined {
  switch (process.platform) {
    case 'darwin':
      return ['open'];
    case 'win32':
      // What `start` does, without a shell that would read the address as commands.
      return ['rundll32', 'url.dll,FileProtocolHandler'];
    default: {
      // Without a screen it would open one in this terminal.
      const { DISPLAY, WAYLAND_DISPLAY } = environment;
      return DISPLAY || WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
    }
  }
}

/** Whether something could be started; what becomes of it, nobody knows, so the address is always printed too. */
export function openBrowser(environment: Environment, address: string): Promise<boolean> {
  const [command, ...args] = opener(environment) ?? [];
  if (command === undefined) return Promise.resolve(false);
  return new Promise((done) => {
    const child = spawn(command, [...args, address], { detached: true, stdio: 'ignore' });
    child.once('error', () => done(false));
    child.once('spawn', () => {
      child.unref();
      done(true);
    });
  });
}
