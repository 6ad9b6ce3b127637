/**
 * What is true of the program at the other end, now: looked at for each request, since a process can become another program
 * (execve) while it keeps its connection. What can't be seen is not so: a selector of that kind is then true of nobody.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, readlink, stat } from 'node:fs/promises';
import { OVERFLOW_UID } from '@sallyport/contract/workloads.ts';
import type { Caller } from '../../gate/use-cases/workloads/caller.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import type { PeerCredentials } from './peer-credentials.ts';

/** Undefined where the process is gone, or is no longer what it was when it connected: who calls then is not known. */
export type LookAtCaller = (peer: PeerCredentials) => Promise<Caller | undefined>;

const MOST_HASHED = 2 ** 30;
const MOST_KEPT = 1000;

interface Standing {
  readonly uid: number;
  readonly unit: string | undefined;
  readonly path: string | undefined;
}

export function createLookAtCaller(proc = '/proc'): LookAtCaller {
  /** By the file's place and times, which change with its bytes; the time of change (ctime) nobody but the kernel sets. */
  const hashes = createBoundedMap<string, string>(MOST_KEPT);

  async function startOf(pid: number): Promise<string | undefined> {
    const line = await textOf(`${proc}/${pid}/stat`);
    // The program's name stands in brackets and may hold any character, so what follows is counted from the last bracket.
    return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19];
  }

  /** Real, effective, saved and file system user: one and the same, or it is on its way from one to another. */
  async function uidOf(pid: number): Promise<number | undefined> {
    const status = await textOf(`${proc}/${pid}/status`);
    const [, ...uids] = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(status ?? '') ?? [];
    const [first] = uids;
    return first !== undefined && uids.every((uid) => uid === first) ? Number(first) : undefined;
  }

  async function unitOf(pid: number): Promise<string | undefined> {
    const groups = await textOf(`${proc}/${pid}/cgroup`);
    return groups === undefined ? undefined : unitAt(groups);
  }

  /**
   * None of a file that was taken away or replaced since it was started, and none of a file that stands there only in a file
   * system of its own (mount_namespaces(7)): what we find at that path has to be what runs.
   */
  async function pathOf(pid: number): Promise<string | undefined> {
    try {
      const path = await readlink(`${proc}/${pid}/exe`);
      if (!path.startsWith('/')) return undefined;
      const [runs, stands] = await Promise.all(
        [`${proc}/${pid}/exe`, path].map((file) => stat(file, { bigint: true })),
      );
      const same = runs !== undefined && runs.dev === stands?.dev && runs.ino === stands.ino;
      return same ? path : undefined;
    } catch {
      return undefined;
    }
  }

  async function standing(peer: PeerCredentials): Promise<Standing | undefined> {
    const { pid, uid, start } = peer;
    const found = { uid: await uidOf(pid), unit: await unitOf(pid), path: await pathOf(pid) };
    // Read last: whoever had the pid now had it all along.
    if (start === undefined || (await startOf(pid)) !== start || found.uid !== uid)
      return undefined;
    return { ...found, uid };
  }

  /** The very file that runs, which /proc leads to even where another was put in its place. */
  async function hashOf(pid: number): Promise<string | undefined> {
    let file: FileHandle | undefined;
    try {
      file = await open(`${proc}/${pid}/exe`, constants.O_RDONLY);
      const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
      if (size > MOST_HASHED) return undefined;
      const key = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
      const known = hashes.get(key);
      if (known !== undefined) return known;
      const hash = createHash('sha256');
      for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk);
      const after = await file.stat({ bigint: true });
      if (after.ctimeNs !== ctimeNs || after.size !== size) return undefined;
      const found = hash.digest('hex');
      hashes.set(key, found);
      return found;
    } catch {
      return undefined;
    } finally {
      await file?.close();
    }
  }

  return async (peer) => {
    const { pid, uid, start } = peer;
    // It stands for everyone whom a container's table of users does not know.
    if (uid === OVERFLOW_UID) return undefined;
    const nothing = async () => undefined;
    // The kernel's word for the user needs nothing from /proc; for all else it has to be certain whose pid this is.
    if (start === undefined)
      return { uid, pid, instance: '', unit: undefined, path: undefined, sha256: nothing };
    const found = await standing(peer);
    if (found === undefined) return undefined;
    return {
      ...found,
      pid,
      instance: `${pid} ${start}`,
      async sha256() {
        const hash = await hashOf(pid);
        const again = await standing(peer);
        const same = again !== undefined && again.path === found.path && again.unit === found.unit;
        return same ? hash : undefined;
      },
    };
  };
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'latin1').catch(() => undefined);
}

/**
 * The unit of systemd that a process stands in: the first part of its control group that is no slice. What is below it belongs
 * to that unit, whatever it is called: a user's own services are below user@1000.service, which nobody but the system starts.
 */
export function unitAt(groups: string): string | undefined {
  const lines = groups.split('\n');
  const unified = lines.find((line) => line.startsWith('0::'))?.slice(3);
  const legacy = lines.find((line) => /^\d+:name=systemd:/.test(line));
  const path =
    unified === undefined || unified === '/' ? legacy?.split(':').slice(2).join(':') : unified;
  if (path === undefined || !path.startsWith('/')) return undefined;
  const parts = path.slice(1).split('/');
  if (parts.some((part) => part === '' || part === '..')) return undefined;
  const unit = parts.find((part) => !part.endsWith('.slice'));
  return unit !== undefined && /\.(service|scope)$/.test(unit) ? unit : undefined;
}
