/** `sallyport serve`: opens the house and its doors, and closes them in the other order. */
import type { Logger } from 'pino';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/sections.ts';
import { createMeters } from '../doors/ops/meters.ts';
import { createListener, type ListenerFault } from '../http/listener.ts';
import { Fault } from '../kernel/fault.ts';
import { systemLater } from '../kernel/later.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { takeServeLock } from '../store/serve-lock.ts';
import { createDoors } from './doors.ts';
import type { House } from './house.ts';
import { type OpenProblem, openHouse } from './open-house.ts';
import { createOwnTls } from './own-tls.ts';
import { leaveServing, type Serving, servingFrom } from './serving.ts';
import { createSocketDoors } from './socket-doors.ts';
import { clockSetBack } from './start/clock-set-back.ts';
import { firstAdministratorLink } from './start/first-administrator.ts';
import { noticeTo } from './start/log.ts';
import { readTlsFiles, tlsFilesOf } from './tls-files.ts';
import { VERSION } from './version.ts';
import type { WhichWorker } from './workers/messages.ts';
import { madeFolder } from './writable.ts';

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
  /** It is one of several on this machine: what is done once for all of them is done elsewhere, or by one of them. */
  readonly worker?: WhichWorker;
}

export async function serve(input: ServeInput): Promise<Result<Served, OpenProblem>> {
  const { config, environment, log, worker } = input;
  const closers = createClosers(log);
  try {
    const served = await open(closers);
    if (!served.ok) await closers.close();
    return served;
  } catch (fault) {
    // Whatever stands is taken down again: a server that did not come up holds no port, lock or lease.
    await closers.close();
    const problem = problemOf(fault, config);
    if (problem === undefined) throw fault;
    return failed(problem);
  }

  async function open({ add, close }: Closers): Promise<Result<Served, OpenProblem>> {
    const { listen } = config;
    const files = tlsFilesOf(listen.tls);
    const tls = files && readTlsFiles(files);
    if (tls && !tls.ok) return tls;
    // Before anything is made or migrated: another server may be at work in there. A PostgreSQL may be served by many.
    const made = madeFolder(config.data);
    if (!made.ok) return made;
    const folder = made.value;
    if (config.database === 'sqlite') {
      const lock = takeServeLock(folder);
      if (!lock) return failed(servedAlready(folder, servingFrom(config)));
      add(() => lock.release());
    }
    const meters = createMeters();
    const opened = await openHouse({
      config,
      environment,
      notice: noticeTo(log),
      onCommit: meters.committed,
      onRecorded: (_id, event) => meters.recorded(event),
    });
    if (!opened.ok) return opened;
    add(opened.value.close);
    const { house, migrated } = opened.value;
    const { store, record, counter, sequencer, sweeper, ids, node } = house;

    const own = listen.tls?.own
      ? createOwnTls(house.authority, systemLater(), house.report)
      : undefined;
    const pem = own === undefined ? tls?.value.pem : await own.current();
    const listener = createListener(
      { ids, log, later: systemLater(), onAnswered: meters.answered },
      {
        host: listen.host,
        port: listen.port,
        origin: listen.origin,
        tls: pem && {
          ...pem,
          clientCertificates: listen.tls?.clientCertificates ?? false,
        },
        trustedProxies: listen.trustedProxies,
      },
    );
    if (!listener.ok) return failed(cannotListen(listener.error, listen.host));

    const setBack = await clockSetBack(store, house.clock);
    if (setBack !== undefined) log.warn(setBack);
    await sequencer.start();
    add(async () => {
      await sequencer.settle();
      await sequencer.stop();
    });
    counter.start();
    add(() => counter.stop());
    sweeper.start();
    add(() => sweeper.stop());
    house.appEndings.start();
    add(() => house.appEndings.stop());
    house.ssh.keys.start();
    add(() => house.ssh.keys.stop());
    house.listFetching.start();
    add(() => house.listFetching.stop());
    house.signing.start();
    add(() => house.signing.stop());
    const doors = createDoors({ house, config, listener: listener.value, meters });
    add(() => listener.value.stop());
    const { origin } = await listener.value.start(doors);
    own?.start(listener.value.renewTls);
    add(async () => own?.stop());
    house.networkSettling.start();
    add(() => house.networkSettling.stop());
    for (const door of await createSocketDoors({
      house,
      config,
      log,
      origin,
      alone: worker?.alone ?? true,
    })) {
      add(() => door.stop());
      for (const where of await door.start()) log.info({ door: door.id }, `Listening: ${where}.`);
    }
    if (worker === undefined) {
      const since = new Date(house.clock.now()).toISOString();
      const note = leaveServing(folder, { origin, pid: process.pid, since });
      add(() => note.takeAway());
    }
    await store.write((tx) =>
      record.append(tx, {
        type: 'house.started',
        outcome: 'done',
        data: { version: VERSION, node, database: store.dialect },
      }),
    );
    const rotation = resumeRotation(house, log);
    add(() => rotation.stop());
    add(() => house.keys.stop());
    // Each one that is made is worth more than the one before: the others would take it away from the first.
    const links = worker === undefined || worker.first;
    const firstLink = links ? await firstAdministratorLink(house, origin) : undefined;
    return ok({
      origin,
      folder,
      firstLink,
      migrated,
      async stop() {
        await listener.value.stop();
        try {
          await store.write((tx) =>
            record.append(tx, { type: 'house.stopped', outcome: 'done', data: { node } }),
          );
        } finally {
          // On a full disk, say: what can't be recorded must not keep the process from ending.
          await close();
        }
      },
    });
  }
}

interface Closers {
  add(close: () => Promise<void> | void): void;
  /** Closes what was opened, the last first, whatever goes wrong on the way. */
  close(): Promise<void>;
}

function createClosers(log: Logger): Closers {
  const opened: (() => Promise<void> | void)[] = [];
  return {
    add: (close) => void opened.push(close),
    async close() {
      for (let close = opened.pop(); close !== undefined; close = opened.pop()) {
        try {
          await close();
        } catch (err) {
          log.warn({ err }, 'A part of the house did not close in good order.');
        }
      }
    },
  };
}

function servedAlready(folder: string, other: Serving | undefined): OpenProblem {
  const where = other === undefined ? '' : ` ${other.origin}`;
  return {
    what: `Another Sallyport serves${where} from ${folder} already.`,
    mend: 'Stop it first, or give this one a folder of its own with the setting "data".',
  };
}

function cannotListen(fault: ListenerFault, host: string): OpenProblem {
  return fault.code === 'plain-off-loopback'
    ? {
        what: `Plain HTTP is served on this computer alone, and ${host} is not this computer.`,
        mend: 'Set listen.tls.certificate and listen.tls.key, or put a proxy in front.',
      }
    : { what: `listen.trustedProxies: ${fault.entry} is no network.` };
}

/** What whoever starts the server can mend; undefined for anything else. */
function problemOf(fault: unknown, { listen }: Config): OpenProblem | undefined {
  const { code, port, address } = fault as Partial<Record<string, unknown>>; // As node:net tells it.
  if (fault instanceof Fault && fault.code === 'door') return { what: `${fault.message}.` };
  if (code === 'EADDRINUSE' && port !== undefined && port !== listen.port) {
    return {
      what: `Port ${port} is taken: something else listens on ${address}:${port}.`,
      mend: 'Stop that, or give the door that was to listen there another port.',
    };
  }
  if (code === 'EADDRINUSE') {
    return {
      what: `Port ${listen.port} is taken: something else listens on ${listen.host}:${listen.port}.`,
      mend: 'Stop that, or choose another port: SALLYPORT_LISTEN__PORT=9000 ./sallyport serve',
    };
  }
  if (code === 'EACCES' && port !== undefined) {
    return {
      what: `This user may not listen on port ${port}.`,
      mend:
        port === listen.port
          ? 'Ports below 1024 are for root. Choose another, and put a proxy in front.'
          : 'Ports below 1024 are for root. Choose another for that door, or give this user the capability CAP_NET_BIND_SERVICE.',
    };
  }
  if (code === 'EADDRNOTAVAIL') {
    return {
      what: `${address} is no address of this machine, so nothing can listen there.`,
      mend: 'Name one that it has as the host of that door, or 0.0.0.0 for all of them. What was set: ./sallyport config show',
    };
  }
  return undefined;
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
