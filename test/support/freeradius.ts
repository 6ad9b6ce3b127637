/** FreeRADIUS as a network device that is told to end or change sessions (RFC 5176), in a folder of a test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export const FREERADIUS = '/usr/sbin/freeradius';

/** What all of its settings begin with; `always` has a word for yes and one for no. */
const begin = (folder: string) => `name = radiusd
prefix = ${folder}
localstatedir = ${folder}
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
log {
  destination = stdout
}
security {
  allow_vulnerable_openssl = yes
}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
}
`;

export interface FreeRadius {
  /** Resolves once it said something of that kind, which may come behind its answer, by another way. */
  says(what: RegExp): Promise<void>;
  stop(): Promise<void>;
}

export async function startFreeRadius(
  folder: string,
  args: readonly string[],
  settings: string,
  files: Readonly<Record<string, string>> = {},
): Promise<FreeRadius> {
  const all = { ...files, 'radiusd.conf': begin(folder) + settings };
  for (const [name, content] of Object.entries(all)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
  const server = spawn(FREERADIUS, [...args, '-d', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  const outputs: readonly Readable[] = [server.stdout, server.stderr];
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (said.includes('Ready to process requests')) resolve();
    };
    for (const output of outputs) output.on('data', hear);
    server.once('exit', () => reject(new Error(said.slice(-2000))));
  });
  return {
    async says(what) {
      while (!what.test(said)) await Promise.race(outputs.map((one) => once(one, 'data')));
    },
    async stop() {
      if (server.exitCode !== null) return;
      const gone = once(server, 'exit');
      server.kill();
      await gone;
    },
  };
}
