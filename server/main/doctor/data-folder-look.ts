import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bad, type Finding, type Look, ok } from './look.ts';

export const lookAtDataFolder: Look = {
  name: 'data folder',
  look({ loaded }) {
    const folder = loaded.config.data;
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) return absent(folder);
    if (!stat.isDirectory())
      return bad(`${folder} is not a folder.`, 'Name another in the setting data.');
    if (!writable(folder)) {
      return bad(
        `This account may not write to ${folder}.`,
        `Run Sallyport as its owner, or: chown -R "$(id -un)" ${folder}`,
      );
    }
    const open = (stat.mode & 0o077) !== 0;
    const exposed = open ? [folder] : [];
    for (const name of readdirSync(folder)) {
      const inside = statSync(join(folder, name), { throwIfNoEntry: false });
      if (inside?.isFile() && (inside.mode & 0o077) !== 0) exposed.push(join(folder, name));
    }
    // Inside a closed folder a file that is open by its own mode can't be reached.
    if (open) {
      return bad(
        `Others on this machine can look into ${folder}.`,
        `chmod 700 ${folder}${exposed.length > 1 ? ` && chmod 600 ${folder}/*` : ''}`,
      );
    }
    return ok(`${folder}, for its owner only.`);
  },
};

function absent(folder: string): Finding {
  let parent = dirname(folder);
  while (!existsSync(parent) && parent !== dirname(parent)) parent = dirname(parent);
  return writable(parent)
    ? ok(`${folder} will be made at the first start.`)
    : bad(
        `${folder} is not there, and this account may not make it in ${parent}.`,
        `As root: install -d -m 700 -o USER ${folder}`,
      );
}

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
