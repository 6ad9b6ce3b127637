import { accessSync, constants, existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { whyExposed, whyShut } from '../writable.ts';
import { bad, type Finding, type Look, ok, warn } from './look.ts';

const OTHERS = 0o077;

/** The folder, and each file in it: for this account to read and write, and for nobody else. */
export const lookAtDataFolder: Look = {
  name: 'data folder',
  needs: ['data'],
  look({ loaded }) {
    const folder = loaded.config.data;
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) return absent(folder);
    if (!stat.isDirectory())
      return bad(`${folder} is not a folder.`, 'Name another in the setting data.');
    const shut = whyShut(folder);
    if (shut !== undefined) return bad(shut.what, shut.mend);
    const files = readdirSync(folder)
      .map((name) => join(folder, name))
      .map((path) => ({ path, stat: statSync(path, { throwIfNoEntry: false }) }))
      .filter((file): file is { path: string; stat: Stats } => file.stat?.isFile() === true);
    const closed = files.filter(({ path }) => !may(path, constants.R_OK | constants.W_OK));
    if (closed.length > 0) {
      const paths = closed.map(({ path }) => path).join(' ');
      return bad(
        `This account may not read and write ${paths}.`,
        `Run Sallyport as their owner, or: chown "$(id -un)" ${paths} && chmod 600 ${paths}`,
      );
    }
    const exposed = files.filter(({ stat }) => (stat.mode & OTHERS) !== 0).map(({ path }) => path);
    const open = whyExposed(folder);
    if (open !== undefined) {
      const files = exposed.length > 0 ? ` && chmod 600 ${exposed.join(' ')}` : '';
      return bad(open.what, `${open.mend}${files}`);
    }
    // The closed folder keeps others from them, as long as they stay in it.
    if (exposed.length > 0) {
      return warn(
        `In ${folder}, ${exposed.length === 1 ? 'a file is' : `${exposed.length} files are`} open to others by their own permissions.`,
        `chmod 600 ${exposed.join(' ')}`,
      );
    }
    return ok(`${folder}, for its owner only.`);
  },
};

function absent(folder: string): Finding {
  let parent = dirname(folder);
  while (!existsSync(parent) && parent !== dirname(parent)) parent = dirname(parent);
  return may(parent, constants.W_OK | constants.X_OK)
    ? ok(`${folder} will be made at the first start.`)
    : bad(
        `${folder} is not there, and this account may not make it in ${parent}.`,
        `As root: install -d -m 700 -o USER ${folder}`,
      );
}

function may(path: string, what: number): boolean {
  try {
    accessSync(path, what);
    return true;
  } catch {
    return false;
  }
}
