/** The browser that the page tests drive: Debian's Chromium, installed when we may, asked for when we may not. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export type Chromium =
  | { readonly there: true; readonly path: string }
  | { readonly there: false; readonly say: string };

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function findChromium(env: NodeJS.ProcessEnv): string | undefined {
  const candidates = env.CHROMIUM === undefined ? PLACES : [env.CHROMIUM];
  return candidates.find((path) => existsSync(path));
}

export function bringChromium(env: NodeJS.ProcessEnv, say: (line: string) => void): Chromium {
  const found = findChromium(env);
  if (found !== undefined) return { there: true, path: found };
  if (env.CHROMIUM !== undefined) {
    return { there: false, say: `CHROMIUM names ${env.CHROMIUM}, and nothing is there.` };
  }
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('Installing Chromium for the page tests.');
    const installed = installChromium(env);
    const now = findChromium(env);
    if (now !== undefined) return { there: true, path: now };
    return { there: false, say: `Chromium could not be installed:\n${installed}` };
  }
  return {
    there: false,
    say: 'The page tests drive Chromium, and it is not installed. On Debian: apt-get install chromium. Elsewhere: set CHROMIUM to the path of a Chromium or Chrome.',
  };
}

function installChromium(env: NodeJS.ProcessEnv): string {
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
    });
  const update = apt('update');
  const install = apt('install', '-y', '--no-install-recommends', 'chromium');
  return `${update.stderr}${install.stderr}`.trim();
}
