/** `sallyport serve`: opens the house and its doors, and closes them in the other order. */
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/sections.ts';
import { createMeters } from '../doors/ops/meters.ts';
import { createListener } from '../http/listener.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { takeServeLock } from '../store/serve-lock.ts';
import { createDoors } from './doors.ts';
import { firstAdministratorLink } from './first-administrator.ts';
import type { House } from './house.ts';
import { noticeTo } from './log.ts';
import { type OpenProblem, openHouse } from './open-house.ts';
import { VERSION } from './version.ts';

export interface Served {
  /** The address that people type. */
  readonly origin: string;
  readonly folder: string;
  /** The link for the first administrator, while there is none. */
  readonly firstLink: string | undefined;
  readonly migrated: readonly string[];
  stop(): Promise<void>;
}

export interface ServeInput {
  readonly config: Config;
  readonly environment: Environment;
  readonly log: Logger;
}

export async function serve(input: ServeInput): Promise<Result<Served, OpenProblem>> {
  const { config, environment, log } = input;
  const { listen } = config;
  const meters = createMeters();
  const opened = await openHouse({
    config,
    environment,
    notice: noticeTo(log),
    onCommit: meters.committed,
    onRecorded: meters.recorded,
  });
  if (!opened.ok) return opened;
  const { house, folder, migrated, close: closeHouse } = opened.value;
  const { store, record, counter, sequencer, sweeper, ids } = house;
  // A PostgreSQL may be served by many.
  const lock = store.dialect === 'sqlite' ? takeServeLock(folder) : { release() {} };
  async function close(): Promise<void> {
    await closeHouse();
    lock?.release();
  }
  if (!lock) {
    await close();
    return failed({
      what: `Another Sallyport serves from ${folder} already.`,
      mend: 'Stop it first, or give this one a folder of its own with the setting "data".',
    });
  }

  const tls = listen.tls && {
    certificate: readFileSync(listen.tls.certificate, 'utf8'),
    key: readFileSync(listen.tls.key, 'utf8'),
  };
  const listener = createListener(
    { ids, log, onAnswered: meters.answered },
    {
      host: listen.host,
      port: listen.port,
      origin: listen.origin,
      tls,
      trustedProxies: listen.trustedProxies,
    },
  );
  if (!listener.ok) {
    await close();
    return failed(
      listener.error.code === 'plain-off-loopback'
        ? {
            what: `Plain HTTP is served on this computer alone, and ${listen.host} is not this computer.`,
            mend: 'Set listen.tls.certificate and listen.tls.key, or put a proxy in front.',
          }
        : { what: `listen.trustedProxies: ${listener.error.entry} is no network.` },
    );
  }

  const { node } = house;
  const database = store.dialect;
  await store.write((tx) =>
    record.append(tx, {
      type: 'house.started',
      outcome: 'done',
      data: { version: VERSION, node, database },
    }),
  );
  await sequencer.start();
  counter.start();
  sweeper.start();
  const doors = createDoors({ house, config, listener: listener.value, meters });
  const { origin } = await listener.value.start(doors);
  const rotation = resumeRotation(house, log);
  const firstLink = await firstAdministratorLink(house, origin);

  return ok({
    origin,
    folder,
    firstLink,
    migrated,
    async stop() {
      await listener.value.stop();
      sweeper.stop();
      await counter.stop();
      await rotation.stop();
      await store.write((tx) =>
        record.append(tx, { type: 'house.stopped', outcome: 'done', data: { node } }),
      );
      await sequencer.settle();
      await sequencer.stop();
      await close();
    },
  });
}

/** A rotation of keys that was cut short goes on in the background. */
function resumeRotation({ vault }: House, log: Logger) {
  const stopped = new AbortController();
  const done = vault.rotation
    .resume({ signal: stopped.signal })
    .catch((err) => log.error({ err }, 'A rotation of keys could not be finished.'));
  return {
    async stop() {
      stopped.abort();
      await done;
    },
  };
}
