/** Two network namespaces with a cable between them, and one to us: ports that no other program of the machine sees. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';

export interface Namespaces {
  /** Where the switch is, and where the device is that wants in. */
  readonly hall: string;
  readonly device: string;
  /** Our address, and the switch's, on the network between them. */
  readonly ours: string;
  readonly theirs: string;
  run(namespace: string, program: string, args: readonly string[]): Running;
  close(): void;
}

export interface Running {
  readonly log: () => string;
  /** Until it has said so, since the mark that `mark` gave; throws after some seconds. */
  says(what: RegExp, from?: number): Promise<void>;
  mark(): number;
  stop(): Promise<void>;
}

const PATIENCE = 20_000;

export const CABLE = { hall: 'spc-hall', device: 'spc-device' };

/** A string says why there are none. */
export function openNamespaces(tag: number): Namespaces | string {
  const hall = `sp-hall-${tag}`;
  const device = `sp-device-${tag}`;
  // Of its own, so that two runs on one machine don't meet: for benchmarks alone by RFC 2544, and for nobody's network.
  const net = `198.18.${(tag >>> 6) & 0xff}`;
  const base = (tag & 0x3f) << 2;
  const [ours, theirs] = [`${net}.${base + 1}`, `${net}.${base + 2}`];
  const uplink = `spu${tag}`;
  const ip = (...args: string[]) =>
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  const close = () => {
    for (const one of [hall, device]) {
      try {
        ip('netns', 'delete', one);
      } catch {}
    }
    try {
      ip('link', 'delete', uplink);
    } catch {}
  };
  try {
    ip('netns', 'add', hall);
    ip('netns', 'add', device);
    ip(
      'link',
      'add',
      CABLE.hall,
      'netns',
      hall,
      'type',
      'veth',
      'peer',
      CABLE.device,
      'netns',
      device,
    );
    ip('link', 'add', uplink, 'type', 'veth', 'peer', 'uplink', 'netns', hall);
    ip('address', 'add', `${ours}/30`, 'dev', uplink);
    ip('-n', hall, 'address', 'add', `${theirs}/30`, 'dev', 'uplink');
    ip('link', 'set', uplink, 'up');
    for (const [where, what] of [
      [hall, 'uplink'],
      [hall, CABLE.hall],
      [device, CABLE.device],
    ] as const) {
      ip('-n', where, 'link', 'set', what, 'up');
    }
  } catch (fault) {
    close();
    const [line = ''] = String((fault as { stderr?: string }).stderr ?? fault).split('\n');
    return `network namespaces can't be made here: ${line}`;
  }
  return { hall, device, ours, theirs, run: runIn, close };
}

function runIn(namespace: string, program: string, args: readonly string[]): Running {
  const child: ChildProcess = spawn('ip', ['netns', 'exec', namespace, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  let over = false;
  const waiting = new Set<() => void>();
  const more = (chunk: Buffer) => {
    log += chunk.toString();
    for (const look of [...waiting]) look();
  };
  child.stdout?.on('data', more);
  child.stderr?.on('data', more);
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      over = true;
      for (const look of [...waiting]) look();
      resolve();
    });
  });
  return {
    log: () => log,
    mark: () => log.length,
    says(what, from = 0) {
      return new Promise((resolve, reject) => {
        const fail = (why: string) =>
          done(() => reject(new Error(`${program} ${why} ${what}:\n${log.slice(-6000)}`)));
        const timer = setTimeout(() => fail('never said'), PATIENCE);
        const look = () => {
          if (what.test(log.slice(from))) done(resolve);
          else if (over) fail('ended before it said');
        };
        function done(then: () => void) {
          clearTimeout(timer);
          waiting.delete(look);
          then();
        }
        waiting.add(look);
        look();
      });
    },
    async stop() {
      if (!over) child.kill('SIGTERM');
      await ended;
    },
  };
}
