/**
 * Opens the house that a configuration describes: the folder and the root key are made when they are missing, the database is
 * migrated. Used by `serve` and by every command that works on the database of this machine.
 */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { readSecret } from '../config/secrets.ts';
import type { Config } from '../config/sections.ts';
import { createFetchOutside } from '../http/fetch-outside.ts';
import { outOfReach } from '../http/outside-address.ts';
import { createPostForm } from '../http/post-form.ts';
import { createSafeFetch } from '../http/safe-fetch.ts';
import { SECOND, systemClock } from '../kernel/clock.ts';
import { systemLater } from '../kernel/later.ts';
import { checkedNetworks } from '../kernel/networks.ts';
import type { Notice } from '../kernel/notice.ts';
import { systemRandom } from '../kernel/random.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { shippedPolicies } from '../policy/shipped.ts';
import { breachFilterProblem } from '../proofs/password/breach-filter.ts';
import { keptInFile } from '../record/kept-checkpoint.ts';
import type { RecordListener } from '../record/record.ts';
import { migrateUp, migrationsSeen } from '../store/migrate.ts';
import { openStore } from '../store/open-store.ts';
import { isServeLockHeld } from '../store/serve-lock.ts';
import type { Store } from '../store/store.ts';
import type { RootKeys } from '../vault/root-key.ts';
import { createRootKeyFile } from '../vault/root-key-file.ts';
import { type RootKeySource, readRootKeyFile, readRootKeys } from '../vault/root-key-source.ts';
import { isSealed } from '../vault/vault.ts';
import type { SendAlert } from '../watch/alerts.ts';
import { LARGEST_LIST } from '../wire/x509/revocation-list.ts';
import { buildHouse, type House } from './house.ts';
import { settingsOf } from './house-settings.ts';
import { FILTER_MEND } from './named-files.ts';
import { madeFolder, whyNotBelieved, whyShut } from './writable.ts';

const LIST_BOUNDS = {
  accept: 'application/pkix-crl',
  largest: LARGEST_LIST,
  longest: 20 * SECOND,
} as const;

export interface OpenHouseInput {
  readonly config: Config;
  readonly environment: Environment;
  readonly notice: Notice;
  readonly onCommit?: (transactions: number) => void;
  readonly onRecorded?: RecordListener;
  /** Only one that was begun before: where there is none, nothing is made. */
  readonly existing?: boolean;
}

export interface OpenedHouse {
  readonly house: House;
  readonly folder: string;
  /** The address that people type, as the configuration has it; with port 0 it is known only once a door listens. */
  readonly origin: string;
  readonly migrated: readonly string[];
  close(): Promise<void>;
}

/** What a person can mend, in words for them. */
export type OpenProblem = {
  readonly what: string;
  readonly mend?: string;
  /** Nothing was ever begun there. */
  readonly absent?: true;
};

export function originOf({ listen }: Config): string {
  const scheme = listen.tls === undefined ? 'http' : 'https';
  return listen.origin ?? `${scheme}://${listen.host}:${listen.port}`;
}

export interface OpenedDatabase {
  readonly store: Store;
  readonly folder: string;
}

/** The database alone, as it is: nothing is migrated, and no key is read. */
export async function openDatabase(
  input: Pick<OpenHouseInput, 'config' | 'environment' | 'onCommit' | 'existing'>,
): Promise<Result<OpenedDatabase, OpenProblem>> {
  const { config, environment, onCommit, existing = false } = input;
  const open = whyNotBelieved(config.data);
  if (open !== undefined) return failed(open);
  if (config.database === 'sqlite') {
    const shut = whyShut(config.data);
    if (shut !== undefined) return failed(shut);
  }
  // Opening the embedded database would make it.
  if (existing && config.database === 'sqlite' && !existsSync(join(config.data, 'sallyport.db'))) {
    return failed({ what: `There is no Sallyport in ${config.data}.`, absent: true });
  }
  const database = databaseOf(config, environment);
  if (!database.ok) return failed({ what: database.error });
  const opened = async (folder: string) =>
    openStore({
      database: database.value,
      folder,
      random: systemRandom(),
      ...(onCommit ? { onCommit } : {}),
    });
  if (!existing) {
    const folder = madeFolder(config.data);
    return folder.ok ? ok({ store: await opened(folder.value), folder: folder.value }) : folder;
  }
  const store = await opened(config.data);
  try {
    const begun = (await migrationsSeen(store)).some(({ appliedAt }) => appliedAt !== undefined);
    const folder: Result<string, OpenProblem> = begun
      ? madeFolder(config.data)
      : failed({ what: 'There is no Sallyport in this database.', absent: true });
    if (folder.ok) return ok({ store, folder: folder.value });
    await store.close();
    return folder;
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

export async function openHouse(input: OpenHouseInput): Promise<Result<OpenedHouse, OpenProblem>> {
  const { config, environment, notice } = input;
  const random = systemRandom();
  const clock = systemClock();
  const { breachFilter } = config.proofs.password;
  const filter = breachFilter === undefined ? undefined : await breachFilterProblem(breachFilter);
  if (filter !== undefined) {
    return failed({ what: `proofs.password.breachFilter: ${filter}`, mend: FILTER_MEND });
  }
  const database = await openDatabase(input);
  if (!database.ok) return database;
  const { store, folder } = database.value;
  try {
    const older = input.existing ? await servedByOlder(config, store) : undefined;
    if (older !== undefined) {
      await store.close();
      return failed(older);
    }
    const migrated = await migrateUp(store, clock);
    const source = rootKeySource(config, folder);
    const rootKeys = await rootKeysOf(source, config, environment, await isSealed(store));
    if (!rootKeys.ok) {
      await store.close();
      return rootKeys;
    }
    const sendAlert = await alertsOf(config, environment);
    if (!sendAlert.ok) {
      await store.close();
      return failed({ what: `mail.password: ${sendAlert.error}` });
    }
    const upstreamSecret = upstreamSecretOf(config, environment);
    if (!upstreamSecret.ok) {
      await store.close();
      return failed({ what: `proofs.upstream.sharedSecret: ${upstreamSecret.error}` });
    }
    const origin = originOf(config);
    const allowed = checkedNetworks(config.fetch.networks);
    const house = await buildHouse(
      {
        store,
        rootKeys: rootKeys.value,
        rereadRootKeys: rootKeysAgain(source),
        kept: keptInFile(join(folder, 'checkpoint')),
        clock,
        random,
        later: systemLater(),
        notice,
        shippedPolicies: shippedPolicies(),
        onRecorded: input.onRecorded,
        sendAlert: sendAlert.value,
        fetch: createSafeFetch({ clock, later: systemLater(), allowed, notice }),
        outOfReach: outOfReach({ allowed }),
        challenges: {
          lookAt: createSafeFetch({
            clock,
            later: systemLater(),
            allowed: checkedNetworks(config.acme.networks),
            plain: true,
          }),
          port: config.acme.challengePort,
          boundTpms: config.acme.boundTpms,
        },
        fetchList: createFetchOutside({ later: systemLater(), allowed }, LIST_BOUNDS),
        post: createPostForm({ later: systemLater(), allowed }),
        node: `${hostname()}/${process.pid}`,
      },
      settingsOf(config, origin, upstreamSecret.value),
    );
    return ok({ house, folder, origin, migrated, close: () => store.close() });
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

/**
 * Why a command beside a server must not migrate: the server was made for the database as it is, and would go on as if it still were.
 * Nodes of a PostgreSQL can't be asked.
 */
export async function servedByOlder(
  { database, data }: Config,
  store: Store,
): Promise<OpenProblem | undefined> {
  if (database !== 'sqlite' || !isServeLockHeld(data)) return undefined;
  const isOlder = (await migrationsSeen(store)).some(({ appliedAt }) => appliedAt === undefined);
  return isOlder
    ? {
        what: 'A server of an older version runs on this database, and this version has to change it first.',
        mend: 'Stop that server, and start this version’s: ./sallyport serve brings the database up to date.',
      }
    : undefined;
}

/** Loaded when it is wanted: nobody waits for a mail client that has nobody to write to. */
async function alertsOf(
  { mail }: Config,
  environment: Environment,
): Promise<Result<SendAlert | undefined, string>> {
  const { host, from, alertsTo: to, password } = mail;
  if (host === undefined || from === undefined || to.length === 0) return ok(undefined);
  const secret = password === undefined ? ok(undefined) : readSecret(password, environment);
  if (!secret.ok) return secret;
  const { sendByMail } = await import('../watch/mail.ts');
  const { port, tls, requireTLS, ca, user } = mail;
  return ok(
    sendByMail({ host, port, tls, requireTLS, ca, user, password: secret.value, from, to }),
  );
}

function upstreamSecretOf(
  { proofs: { upstream } }: Config,
  environment: Environment,
): Result<string | undefined, string> {
  if (upstream.servers.length === 0) return ok(undefined);
  if (upstream.sharedSecret === undefined)
    return failed('It has to be set where there are servers.');
  return readSecret(upstream.sharedSecret, environment);
}

function databaseOf({ database }: Config, environment: Environment): Result<string, string> {
  return typeof database === 'string' ? ok(database) : readSecret(database, environment);
}

function rootKeySource({ vault }: Config, folder: string): RootKeySource {
  return vault.rootKey ?? { kind: 'file', path: join(folder, 'root.key') };
}

/** A file is read again when the root key was changed meanwhile; other sources want a restart. */
function rootKeysAgain(source: RootKeySource): (() => RootKeys | undefined) | undefined {
  if (source.kind !== 'file') return undefined;
  return () => {
    const read = readRootKeyFile(source.path, systemRandom());
    return read.ok ? read.value : undefined;
  };
}

async function rootKeysOf(
  source: RootKeySource,
  { vault }: Config,
  environment: Environment,
  sealed: boolean,
): Promise<Result<RootKeys, OpenProblem>> {
  const random = systemRandom();
  // Only the key of our own making is made: a place that the configuration names must hold one. And only for a database that
  // is under none yet: a new key opens nothing, and would stand where the lost one has to be put back.
  if (!sealed && vault.rootKey === undefined && source.kind === 'file') {
    createRootKeyFile(source.path, random);
  }
  const read = await readRootKeys(source, { random, environment });
  if (read.ok) return ok(read.value);
  const { reason, message } = read.error;
  if (reason !== 'missing' || !sealed) return failed({ what: message });
  return failed({
    what: message,
    mend: 'This database was sealed under one. Put it back from your copy, or from another node (docs/keys.md).',
  });
}
