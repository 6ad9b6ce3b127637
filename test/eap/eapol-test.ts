/** `eapol_test` of wpa_supplicant (Debian: eapoltest): a supplicant and an authenticator of others in one, speaking RADIUS to us. */
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface EapolWish {
  /** Lines of a network block (wpa_supplicant.conf(5)); what is PEM becomes a file. */
  readonly network: Readonly<Record<string, string>>;
  readonly port: number;
  readonly secret: string;
  /** How many times more, taking up what it holds of a session. */
  readonly again?: number;
}

export interface EapolDone {
  readonly success: boolean;
  readonly log: string;
  /** How many times keys came that were the same on both sides, and how many that were not. */
  readonly keys: number;
  readonly otherKeys: number;
}

export function whichProgram(name: string): string | undefined {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {}
  }
  return undefined;
}

const FILES = new Set(['ca_cert', 'client_cert', 'private_key']);
const BARE = new Set(['eap', 'key_mgmt', 'eapol_flags', 'fragment_size']);

/** A network block, with the files that it names in `folder`. */
export function networkBlock(network: Readonly<Record<string, string>>, folder: string): string {
  const lines = Object.entries(network).map(([name, value]) => {
    if (BARE.has(name)) return `  ${name}=${value}`;
    if (!FILES.has(name)) return `  ${name}="${value}"`;
    const file = join(folder, `${name}.pem`);
    writeFileSync(file, value, { mode: 0o600 });
    return `  ${name}="${file}"`;
  });
  return `network={\n  key_mgmt=IEEE8021X\n  eapol_flags=0\n${lines.join('\n')}\n}\n`;
}

export async function runEapolTest(program: string, wish: EapolWish): Promise<EapolDone> {
  const folder = mkdtempSync(join(tmpdir(), 'eapol-'));
  try {
    const file = join(folder, 'conf');
    writeFileSync(file, networkBlock(wish.network, folder));
    const { code, log } = await new Promise<{ code: number; log: string }>((resolve) => {
      const args = ['-c', file, '-a', '127.0.0.1', '-p', `${wish.port}`, '-s', wish.secret];
      execFile(
        program,
        [...args, '-t', '10', '-r', `${wish.again ?? 0}`],
        { timeout: 30_000, maxBuffer: 64 * 2 ** 20 },
        (error, stdout) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), log: stdout }),
      );
    });
    const [, keys = '0', otherKeys = '0'] = /MPPE keys OK: (\d+)\s+mismatch: (\d+)/.exec(log) ?? [];
    return { success: code === 0, log, keys: Number(keys), otherKeys: Number(otherKeys) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
