/** RADIUS programs that are not ours: of Debian's freeradius-utils and radsecproxy. Tests that want them are skipped without. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export const RADCLIENT = '/usr/bin/radclient';
export const RADSECPROXY = '/usr/sbin/radsecproxy';

export const without = (program: string, ofPackage: string): string | false =>
  existsSync(program) ? false : `${ofPackage} is not installed`;

export interface Said {
  readonly code: number;
  /** What it wrote to either output. */
  readonly text: string;
}

/** radclient asks, once unless told otherwise, and tells with -x what it got. It checks what signs the answer. */
export function radclient(
  port: number,
  command: 'auth' | 'acct' | 'status' | 'disconnect',
  secret: string,
  attributes: Readonly<Record<string, string>>,
  /** How often it asks, and how many seconds it waits each time. */
  { tries, wait }: { readonly tries: number; readonly wait: number } = { tries: 1, wait: 5 },
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(RADCLIENT, [
      '-x',
      '-r',
      String(tries),
      '-t',
      String(wait),
      `127.0.0.1:${port}`,
      command,
      secret,
    ]);
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, text }));
    child.stdin.end(
      Object.entries(attributes)
        .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
        .join(''),
    );
  });
}
