/** What is in TPMs (swtpm) whose endorsement keys a CA certified, as their makers do: swtpm_setup and swtpm_localca. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export function noEndorsedTpm(): string | false {
  const missing = ['swtpm', 'swtpm_setup', 'tpm2_activatecredential'].filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
  const help = 'apt-get install swtpm swtpm-tools tpm2-tools libtss2-tcti-swtpm0';
  return missing.length > 0 && help;
}

export type MakerOfTpms = Awaited<ReturnType<typeof openMaker>>;

/** A maker: a root, and below it what certifies TPMs. */
export async function openMaker() {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-maker-'));
  const at = (name: string) => join(folder, name);
  mkdirSync(at('ca'));
  writeFileSync(
    at('localca.conf'),
    [
      `statedir = ${at('ca')}`,
      `signingkey = ${at('ca/signkey.pem')}`,
      `issuercert = ${at('ca/issuercert.pem')}`,
      `certserial = ${at('ca/certserial')}`,
    ].join('\n'),
  );
  writeFileSync(
    at('localca.options'),
    '--platform-manufacturer Maker\n--platform-version 1\n--platform-model Test\n',
  );
  writeFileSync(
    at('setup.conf'),
    [
      'create_certs_tool = /usr/bin/swtpm_localca',
      `create_certs_tool_config = ${at('localca.conf')}`,
      `create_certs_tool_options = ${at('localca.options')}`,
    ].join('\n'),
  );
  const certificate = (name: string) =>
    new Uint8Array(
      Buffer.from(readFileSync(at(name), 'utf8').replace(/-----[^-]+-----|\s/g, ''), 'base64'),
    );

  return {
    folder,
    /** DER; there once the first TPM was made. */
    root: () => certificate('ca/swtpm-localca-rootca-cert.pem'),
    issuing: () => certificate('ca/issuercert.pem'),
    issuingFile: () => at('ca/issuercert.pem'),

    /** What is in a new TPM: for `openSwtpm`. It has a key on P-384 beside that of RSA. */
    async make(rsaBits: 2048 | 3072 = 2048): Promise<string> {
      const state = mkdtempSync(join(folder, 'tpm-'));
      const setup = ['--tpm2', '--tpmstate', state, '--create-ek-cert'];
      setup.push('--rsa-keysize', String(rsaBits));
      await run('swtpm_setup', [...setup, '--config', at('setup.conf'), '--overwrite']);
      return state;
    },

    close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
