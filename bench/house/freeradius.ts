/**
 * FreeRADIUS, where it is installed: as Debian ships it, with ports and folders of its own and a user in its file; and stripped of all
 * but a file of users and PAP, with no log.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';

const PROGRAM = '/usr/sbin/freeradius';
const SHIPPED = '/etc/freeradius/3.0';

export type FreeradiusKind = 'stock' | 'stripped';

export const hasFreeradius = () => existsSync(PROGRAM) && existsSync(SHIPPED);

export interface Freeradius {
  readonly port: number;
  /** Processor time that it took so far, in seconds, all threads together. */
  used(): number;
  close(): Promise<void>;
}

/** Its own secret for this computer, as Debian ships it. */
export const FREERADIUS_SECRET = 'testing123';

const stripped = (folder: string, port: number) => `prefix = /usr
name = bench
libdir = /usr/lib/freeradius
logdir = ${folder}
run_dir = ${folder}
raddbdir = ${folder}
pidfile = ${folder}/pid
max_requests = 65536
max_request_time = 5
cleanup_delay = 0
hostname_lookups = no
log {
  destination = files
  file = /dev/null
  auth = no
}
security {
  allow_core_dumps = no
  max_attributes = 200
  reject_delay = 0
  status_server = no
}
proxy_requests = no
thread pool {
  start_servers = 1
  max_servers = 1
  min_spare_servers = 1
  max_spare_servers = 1
  max_requests_per_server = 0
  auto_limit_acct = no
}
modules {
  pap {
    normalise = no
  }
  files {
    usersfile = ${folder}/users
  }
}
client here {
  ipaddr = 127.0.0.1
  secret = ${FREERADIUS_SECRET}
}
server bench {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
`;

export async function startFreeradius(
  kind: FreeradiusKind,
  users: readonly { readonly name: string; readonly password: string }[],
): Promise<Freeradius> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-freeradius-'));
  const lines = users
    .map(({ name, password }) => `${name} Cleartext-Password := "${password}"\n`)
    .join('');
  const port = kind === 'stock' ? await stock(folder, lines) : await bare(folder, lines);
  const child = spawn(PROGRAM, ['-f', '-d', folder, '-n', 'radiusd'], { stdio: 'ignore' });
  const { pid } = child;
  for (let tries = 0; ; tries++) {
    await pause(100);
    if (child.exitCode !== null || tries === 100)
      throw new Error(`FreeRADIUS (${kind}) did not start`);
    if (listens(port)) break;
  }
  return {
    port,
    used() {
      // proc(5): the fields after the name, of which the twelfth and the thirteenth are ticks of a hundredth of a second.
      const [, after = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
      const fields = after.split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async close() {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function bare(folder: string, users: string): Promise<number> {
  const port = await freePort();
  await writeFile(join(folder, 'radiusd.conf'), stripped(folder, port));
  await writeFile(join(folder, 'users'), users);
  return port;
}

async function stock(folder: string, users: string): Promise<number> {
  await cp(SHIPPED, folder, { recursive: true, dereference: true });
  const change = async (file: string, work: (text: string) => string) => {
    const path = join(folder, file);
    await writeFile(path, work(await readFile(path, 'utf8')));
  };
  await mkdir(join(folder, 'log'));
  await mkdir(join(folder, 'run'));
  await change('radiusd.conf', (text) =>
    text
      .replace(/^logdir = .*$/m, `logdir = ${folder}/log`)
      .replace(/^raddbdir = .*$/m, `raddbdir = ${folder}`)
      .replace(/^run_dir = .*$/m, `run_dir = ${folder}/run`)
      .replace(/^\t(?:user|group) = freerad$/gm, ''),
  );
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort()]);
  let next = 0;
  await change('sites-enabled/default', (text) =>
    text.replace(/^(\s*)port = 0$/gm, (_line, space) => `${space}port = ${ports[next++]}`),
  );
  await change('sites-enabled/inner-tunnel', (text) =>
    text.replace('port = 18120', `port = ${ports[4]}`),
  );
  await appendFile(join(folder, 'mods-config/files/authorize'), users);
  return ports[0] ?? 0;
}

/** /proc/net/udp has the port of each socket in hexadecimal. */
function listens(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return readFileSync('/proc/net/udp', 'utf8').includes(wanted);
}
