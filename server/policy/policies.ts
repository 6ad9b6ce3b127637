/**
 * The policies in force.
 *
 * They are files of Cedar (https://docs.cedarpolicy.com), kept whole as a version in the database; until one is activated,
 * the files in defaults/ are in force. Every node asks for the newest version in the transaction in which it decides, so a
 * change is in force everywhere with its commit. What a version means goes these ways:
 *
 *   check      offered files, in a worker that is thrown away (vet.ts): syntax, schema, names, reasons, trial questions
 *   activate   in a transaction: refused when it would lock out every administrator, else a new version and an event
 *   current    the version in force, ready to decide, explain and simulate (active-policies.ts)
 *
 * A version that can't be read refuses everything and is reported: there is no older set to fall back on unseen, since
 * whoever could damage the newest could then bring back a weaker one.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { SECOND } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { By, Recorder } from '../record/record.ts';
import { createKept } from '../store/kept.ts';
import type { Queries, Tx } from '../store/store.ts';
import { whenCommitted } from '../store/when-committed.ts';
import { type ActivePolicies, ready, unreadable } from './active-policies.ts';
import { createDecider, type Decider } from './decider.ts';
import type { Engine } from './engine.ts';
import { type Simulation, simulate, type WhatIf } from './explain.ts';
import { type Administrator, locksOut } from './lock-out.ts';
import type { PolicyFiles } from './policy-files.ts';
import type { Problem } from './policy-problem.ts';
import { loadPolicies } from './policy-set.ts';
import {
  insertPolicySet,
  newestFooting,
  newestVersion,
  type PolicySetRow,
  policySetByVersion,
  policySetVersions,
} from './policy-table.ts';
import type { PolicyContext } from './request.ts';
import type { Vet } from './vet.ts';

/** Files that were checked, and are ready to be activated unless they have errors. */
export interface Prepared {
  readonly files: PolicyFiles;
  readonly problems: readonly Problem[];
  /** They could not be checked in time: nothing is known of them, and they are not activated. */
  readonly late?: true;
}

export interface Activation {
  /** Who does it; also goes into the event. */
  readonly by: By;
  /** Every administrator, with the proofs that they hold. */
  readonly administrators: readonly Administrator[];
  /** From where administrators come; tried beside the web door from this machine. */
  readonly circumstances?: readonly PolicyContext[];
  /** The version that the files were made from: refused when another is in force by now. */
  readonly expected?: number;
}

export type Activated =
  /** Unchanged: these very files are in force already, and no version was made. */
  | { readonly state: 'activated'; readonly version: number; readonly unchanged?: true }
  | {
      readonly state: 'refused';
      readonly reason: 'not-valid' | 'not-checked' | 'would-lock-out' | 'changed-meanwhile';
      readonly problems: readonly Problem[];
    };

export type PolicyVersion = Omit<PolicySetRow, 'files'>;

export interface Policies {
  current(q: Queries): Promise<ActivePolicies>;
  /** The same, for those who have read the number of the newest in the same transaction; 0 where there is none. */
  ofVersion(q: Queries, version: number): ActivePolicies | Promise<ActivePolicies>;
  check: Vet;
  /** Checks files outside any transaction. */
  prepare(files: PolicyFiles): Promise<Prepared>;
  /** What would happen if these files were in force. Undefined where they have errors. */
  whatIf(prepared: Prepared, question: WhatIf): Simulation | undefined;
  /** Whether activating them would be refused because it leaves no administrator who can change them again. */
  wouldLockOut(
    q: Queries,
    prepared: Prepared,
    activation: Pick<Activation, 'administrators' | 'circumstances'>,
  ): Promise<boolean>;
  activate(tx: Tx, prepared: Prepared, activation: Activation): Promise<Activated>;
  /** The files in force, to be written to a folder. */
  files(
    q: Queries,
  ): Promise<Result<{ readonly version: number; readonly files: PolicyFiles }, string>>;
  /** The newest hundred versions, the active one first. */
  versions(q: Queries): Promise<readonly PolicyVersion[]>;
  /** The database was found to be an older copy: a version may be made again, of other files than those that it had here. */
  readAgain(): void;
}

export interface PolicyDeps {
  readonly engine: Engine;
  readonly vet: Vet;
  readonly shipped: PolicyFiles;
  readonly record: Recorder;
  readonly clock: Clock;
  /** A proof shown up to this many seconds ago is fresh. */
  readonly freshFor: number;
  readonly report: (fault: Fault) => void;
}

/** A version that could not be read is tried again after this: the cause may have passed. */
const RETRY = 5 * SECOND;

/** The engine's name for files that are not in force. Nothing awaits between their loading and their last question. */
const DRAFT = 'draft';

interface Loaded {
  readonly active: ActivePolicies;
  readonly decider: Decider | undefined;
  readonly until: number;
}

export function createPolicies(deps: PolicyDeps): Policies {
  const { engine, vet, shipped, record, clock, freshFor, report } = deps;
  // By version and hash: a version that was made in a transaction that failed may be made again of other files. A node may still
  // read the version before the newest in an open transaction, so two are kept ready.
  const sets = new Map<string, Loaded>();
  const committed = new Map<number, Loaded>();
  const keptVersion = createKept<number>(1, newestFooting);

  function filesIn(row: PolicySetRow | undefined): Result<PolicyFiles, string> {
    if (row === undefined) return failed('its row is gone');
    if (hashOf(row.files) !== row.sha256) return failed('its text does not match its hash');
    try {
      return ok(JSON.parse(row.files) as PolicyFiles); // Written by `activate` alone, as the hash shows.
    } catch (cause) {
      return failed(`its text can’t be read: ${String(cause)}`);
    }
  }

  async function filesOf(q: Queries, version: number): Promise<Result<PolicyFiles, string>> {
    return version === 0 ? ok(shipped) : filesIn(await q.one(policySetByVersion, { version }));
  }

  function build(name: string, files: Result<PolicyFiles, string>) {
    const set = files.ok ? loadPolicies(engine, name, files.value) : files;
    if (!set.ok) return set;
    return ok({ set: set.value, decider: createDecider(set.value, { engine, freshFor }) });
  }

  async function newest(q: Queries): Promise<number> {
    return (await q.one(newestVersion, {}))?.version ?? 0;
  }

  async function load(q: Queries): Promise<Loaded> {
    return loadVersion(q, (await keptVersion.of(q, '', newest)) ?? 0);
  }

  async function loadVersion(q: Queries, version: number): Promise<Loaded> {
    const known = committed.get(version);
    if (known && isGood(known)) return known;
    const row = version === 0 ? undefined : await q.one(policySetByVersion, { version });
    const name = `version ${version} ${row?.sha256 ?? ''}`;
    const before = sets.get(name);
    const found = before && isGood(before) ? before : loadFiles(name, version, row);
    whenCommitted(q, () => {
      if (sets.get(name) === found) committed.set(version, found);
    });
    return found;
  }

  function loadFiles(name: string, version: number, row: PolicySetRow | undefined): Loaded {
    const loaded = build(name, version === 0 ? ok(shipped) : filesIn(row));
    sets.delete(name);
    for (const older of [...sets.keys()].slice(0, -1)) forget(older);
    const fresh: Loaded = loaded.ok
      ? { ...ready(version, loaded.value, freshFor), until: Number.POSITIVE_INFINITY }
      : {
          active: unreadable(version, loaded.error),
          decider: undefined,
          until: clock.now() + RETRY,
        };
    if (!loaded.ok)
      report(new Fault('policy.engine', `Policy version ${version}: ${loaded.error}`));
    sets.set(name, fresh);
    return fresh;
  }

  function forget(name: string): void {
    const loaded = sets.get(name);
    engine.drop(name);
    sets.delete(name);
    for (const [version, each] of committed) if (each === loaded) committed.delete(version);
  }

  function isGood({ until }: Loaded): boolean {
    return clock.now() < until;
  }

  return {
    current: async (q) => (await load(q)).active,
    ofVersion(q, version) {
      const known = committed.get(version);
      if (known !== undefined && isGood(known)) return known.active;
      return loadVersion(q, version).then(({ active }) => active);
    },
    readAgain: () => committed.clear(),
    check: vet,
    async prepare(files) {
      const vetted = await vet(files);
      return vetted.ok ? { files, problems: vetted.value } : { files, problems: [], late: true };
    },
    whatIf({ files, problems, late }, question) {
      if (late || problems.some(isError)) return undefined;
      const built = build(DRAFT, ok(files));
      if (!built.ok) return undefined;
      const { set, decider } = built.value;
      return simulate(decider, set.policies, freshFor, question);
    },
    async wouldLockOut(q, { files }, { administrators, circumstances = [] }) {
      const now = await load(q);
      const built = build(DRAFT, ok(files));
      if (!built.ok) return false;
      const places = [loopback(clock), ...circumstances];
      return locksOut(now.decider, built.value.decider, administrators, places);
    },
    async activate(tx, { files, problems, late }, { by, administrators, circumstances, expected }) {
      const now = await load(tx);
      const previous = now.active.version;
      const version = previous + 1;
      const refuse = async (
        reason: 'not-valid' | 'not-checked' | 'would-lock-out',
        errors: readonly string[],
      ): Promise<Activated> => {
        const told = errors.slice(0, MOST_ERRORS).map((each) => each.slice(0, MOST_OF_ERROR));
        const data = { version: String(version), errors: told.map((each) => each.toWellFormed()) };
        await record.append(tx, {
          ...by,
          type: 'policy.refused',
          outcome: 'refused',
          reason,
          data,
        });
        return { state: 'refused', reason, problems };
      };
      if (expected !== undefined && expected !== previous) {
        return { state: 'refused', reason: 'changed-meanwhile', problems };
      }
      if (late) return refuse('not-checked', []);
      const errors = problems.filter(isError);
      if (errors.length > 0) return refuse('not-valid', errors.map(sentence));

      const built = build(DRAFT, ok(files));
      if (!built.ok) return refuse('not-valid', [built.error]);
      const places = [loopback(clock), ...(circumstances ?? [])];
      if (locksOut(now.decider, built.value.decider, administrators, places)) {
        return refuse('would-lock-out', []);
      }
      const text = textOf(files);
      const sha256 = hashOf(text);
      // The shipped ones change with a release: to activate them as they are today does make a version.
      if (previous > 0 && now.active.fault === undefined) {
        const same = (await tx.one(policySetByVersion, { version: previous }))?.sha256 === sha256;
        if (same) return { state: 'activated', version: previous, unchanged: true };
      }
      const inserted = await tx.run(insertPolicySet, {
        version,
        files: text,
        sha256,
        activated_at: clock.now(),
        activated_by: by.actor ?? null,
      });
      if (inserted !== 1) return { state: 'refused', reason: 'changed-meanwhile', problems };
      await record.append(tx, {
        ...by,
        type: 'policy.activated',
        outcome: 'done',
        data: {
          version: String(version),
          previous: String(previous),
          policies: built.value.set.policies.size,
          sha256,
        },
      });
      return { state: 'activated', version };
    },
    async files(q) {
      const version = await newest(q);
      const files = await filesOf(q, version);
      return files.ok ? ok({ version, files: files.value }) : files;
    },
    versions: (q) => q.all(policySetVersions, {}),
  };
}

/** The one text of some files, whatever order they came in. */
function textOf(files: PolicyFiles): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What an event has room for, whatever the letters; whoever offered them is told of all. */
const MOST_ERRORS = 32;
const MOST_OF_ERROR = 300;

function sentence({ file, line, message }: Problem): string {
  return `${file}, line ${line}: ${message}`;
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** Someone at this machine itself. */
export function loopback(clock: Clock): PolicyContext {
  return {
    door: 'web',
    source: '127.0.0.1',
    trustedNetwork: true,
    knownDevice: true,
    time: Math.floor(clock.now() / SECOND),
  };
}
