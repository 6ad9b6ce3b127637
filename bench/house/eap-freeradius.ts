/** FreeRADIUS with EAP-TLS alone and the certificates that it is given: one virtual server, no log, no sessions kept. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemRandom } from '../../server/kernel/random.ts';
import { CODE, readPacket } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';

const PLACES = ['/usr/sbin/freeradius', '/usr/sbin/radiusd'];
const DICTIONARIES = '/usr/share/freeradius';
/** What the kernel counts a process's time in (proc(5)). */
const TICKS_PER_SECOND = 100;

export const findFreeRadius = () => PLACES.find((place) => existsSync(place));

export interface FreeRadius {
  readonly port: number;
  /** Processor time so far, of all its threads. */
  seconds(): number;
  close(): Promise<void>;
}

export interface FreeRadiusWish {
  readonly secret: string;
  /** PEM: with the chain, and of the root. */
  readonly cert: string;
  readonly key: string;
  readonly root: string;
  readonly group: string;
}

export async function startFreeRadius(wish: FreeRadiusWish): Promise<FreeRadius> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-freeradius-'));
  const port = await freeUdpPort();
  for (const name of ['cert', 'key', 'root'] as const) {
    await writeFile(join(folder, `${name}.pem`), wish[name], { mode: 0o600 });
  }
  await writeFile(join(folder, 'radiusd.conf'), configuration(folder, port, wish));
  const args = ['-f', '-s', '-d', folder, '-D', DICTIONARIES, '-n', 'radiusd', '-l', '/dev/null'];
  const child = spawn(findFreeRadius() ?? 'freeradius', args, { stdio: 'ignore' });
  try {
    await answers(port, wish.secret, child);
  } catch (fault) {
    child.kill('SIGKILL');
    throw fault;
  }
  return {
    port,
    seconds: () => secondsOf(child.pid ?? 0),
    async close() {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Fields 14 and 15 of stat are the time in the program and in the kernel for it. */
function secondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** Until it answers a Status-Server (RFC 5997). */
async function answers(port: number, words: string, child: ChildProcess): Promise<void> {
  const secret = createSharedSecret(Buffer.from(words));
  const random = systemRandom();
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  let heard = false;
  socket.on('message', (bytes) => {
    heard = readPacket(bytes).ok;
  });
  try {
    for (let tries = 0; !heard; tries++) {
      if (tries === 200 || child.exitCode !== null) throw new Error('FreeRADIUS did not start');
      const asks = secret.request(CODE.statusServer, tries & 0xff, [], random.bytes(16));
      if (asks !== undefined) socket.send(asks, port, '127.0.0.1');
      await pause(25);
    }
  } finally {
    socket.close();
  }
}

const configuration = (folder: string, port: number, { secret, group }: FreeRadiusWish) => `
prefix = /usr
localstatedir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
max_requests = 65536
max_request_time = 30
cleanup_delay = 2
hostname_lookups = no
log { destination = files
  file = /dev/null
  auth = no
}
security { max_attributes = 200
  reject_delay = 0
  status_server = yes
  allow_vulnerable_openssl = yes
}
proxy_requests = no
client bench { ipaddr = 127.0.0.1
  secret = "${secret}"
  require_message_authenticator = yes
}
modules {
  eap { default_eap_type = tls
    timer_expire = 60
    max_sessions = 65536
    tls-config common { private_key_file = ${folder}/key.pem
      certificate_file = ${folder}/cert.pem
      ca_file = ${folder}/root.pem
      fragment_size = 1396
      include_length = yes
      check_crl = no
      cipher_list = "ECDHE-ECDSA-AES256-GCM-SHA384"
      tls_min_version = "1.2"
      tls_max_version = "1.3"
      ecdh_curve = "${group}"
      cache { enable = no
      }
    }
    tls { tls = common
    }
  }
}
server default {
  listen { type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize { eap
  }
  authenticate { eap
  }
}
`;
