/**
 * The files and folders that settings name, looked at as a start would: before it, by `config check` and by `doctor`. What is
 * wrong is told by the setting, its place and the remedy. To add one: an entry in LOOKED_AT.
 */
import { readdirSync, statSync } from 'node:fs';
import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { readSecret } from '../config/secrets.ts';
import type { Config } from '../config/sections.ts';
import type { Random } from '../kernel/random.ts';
import type { Secret } from '../kernel/setting.ts';
import { breachFilterProblem } from '../proofs/password/breach-filter.ts';
import { readRootKeys } from '../vault/root-key-source.ts';
import { readTlsFiles, tlsFilesOf } from './tls-files.ts';

export interface NamedFilesInput {
  readonly loaded: LoadedConfig;
  readonly environment: Environment;
  readonly random: Random;
}

type Wrong = { readonly what: string; readonly mend: string } | undefined;

interface LookedAt {
  /** The setting that names it. */
  readonly setting: string;
  /** Whether the doctor tells of it in a look of its own. */
  readonly ownLook?: true;
  look(config: Config, input: NamedFilesInput): Wrong | Promise<Wrong>;
}

const LOOKED_AT: readonly LookedAt[] = [
  {
    setting: 'vault.rootKey',
    ownLook: true,
    async look({ vault: { rootKey } }, { random, environment }) {
      // A command is left to the start: it may cost something, or ask someone for a key card.
      if (rootKey === undefined || rootKey.kind === 'command') return undefined;
      const read = await readRootKeys(rootKey, { random, environment });
      if (read.ok) return undefined;
      const mend =
        read.error.reason === 'missing'
          ? 'Put it there from your copy, or leave the setting out for a database that is yet to be made (docs/keys.md).'
          : 'Mend that: no other key can be opened without it (docs/keys.md).';
      return { what: read.error.message, mend };
    },
  },
  {
    setting: 'listen.tls',
    ownLook: true,
    look({ listen }) {
      const tls = tlsFilesOf(listen.tls);
      const read = tls && readTlsFiles(tls);
      return read === undefined || read.ok ? undefined : read.error;
    },
  },
  {
    setting: 'proofs.password.breachFilter',
    async look({ proofs }) {
      const { breachFilter: file } = proofs.password;
      const what = file === undefined ? undefined : await breachFilterProblem(file);
      return what === undefined ? undefined : { what, mend: FILTER_MEND };
    },
  },
  {
    setting: 'policy.folder',
    look: ({ policy: { folder } }) => (folder === undefined ? undefined : lookAtFolder(folder)),
  },
  { setting: 'mail.ca', look: ({ mail: { ca } }) => (ca === undefined ? undefined : lookAtCa(ca)) },
  {
    setting: 'mail.password',
    ownLook: true,
    look: ({ mail }, { environment }) => lookAtSecret(mail.password, environment),
  },
  {
    setting: 'database',
    ownLook: true,
    look: ({ database }, { environment }) => lookAtSecret(database, environment),
  },
];

export const FILTER_MEND =
  'Name one that ./sallyport password import made, or leave the setting out: common passwords are refused without it.';

/** What is wrong with them; nothing is, where the list is empty. */
export async function namedFileProblems(
  input: NamedFilesInput,
  { ownLooks = true }: { readonly ownLooks?: boolean } = {},
): Promise<ConfigProblem[]> {
  const { config, origin } = input.loaded;
  const problems: ConfigProblem[] = [];
  for (const { setting, ownLook, look } of LOOKED_AT) {
    if (ownLook === true && !ownLooks) continue;
    const wrong = await look(config, input);
    if (wrong === undefined) continue;
    const where = origin(setting.split('.')) ?? '';
    problems.push({ where, setting, says: `${setting}: ${wrong.what} ${wrong.mend}` });
  }
  return problems;
}

/** For a remedy: where the setting stands that named what was looked at. Empty for a default. */
export function namedAt({ origin }: LoadedConfig, setting: string): string {
  const where = origin(setting.split('.'));
  return where === undefined ? '' : ` It is named by ${setting} (${where}).`;
}

function lookAtFolder(folder: string): Wrong {
  const mend = 'Name the folder of your policies, or leave the setting out.';
  const is = statSync(folder, { throwIfNoEntry: false });
  if (is === undefined) return { what: `There is no folder ${folder}.`, mend };
  if (!is.isDirectory()) return { what: `${folder} is a file.`, mend };
  try {
    if (readdirSync(folder).some((name) => name.endsWith('.cedar'))) return undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    return { what: `${folder} can’t be read (${code}).`, mend };
  }
  return { what: `There is no file in ${folder} whose name ends with .cedar.`, mend };
}

function lookAtCa(file: string): Wrong {
  const read = readSecret({ file }, {}); // Not secret, and read alike.
  const mend =
    'Name a file of certificates in PEM, or leave the setting out to trust the system’s.';
  return read.ok ? undefined : { what: read.error, mend };
}

function lookAtSecret(secret: Secret | undefined, environment: Environment): Wrong {
  const read = secret === undefined ? undefined : readSecret(secret, environment);
  if (read === undefined || read.ok) return undefined;
  return { what: read.error, mend: 'Put the secret there, or name where it is.' };
}
