/** A TPM 2.0 in software (swtpm), with an attestation key and a key for a device: made, certified and used by tpm2-tools. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  bits,
  oid,
  sequence,
  setOf,
  tagged,
  utf8String,
} from '../../server/wire/der/der-writer.ts';
import { freePort } from './free-port.ts';
import { untilListening } from './until-listening.ts';

const run = promisify(execFile);

export function noSwtpm(): string | false {
  const missing = ['swtpm', 'tpm2_createak'].filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
  return missing.length > 0 && 'apt-get install swtpm tpm2-tools libtss2-tcti-swtpm0';
}

const AK = 0x8101_0002;
const KEY = 0x8101_0003;

export type Swtpm = Awaited<ReturnType<typeof openSwtpm>>;

/** @param state where its maker left what is in it; a new one that nobody certified without it. */
export async function openSwtpm(state?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tpm-'));
  mkdirSync(join(folder, 'state'));
  const port = await freePort();
  const control = port + 1; // Where tpm2-tools look for it.
  const tpm: ChildProcess = spawn(
    'swtpm',
    [
      ...['socket', '--tpm2', '--tpmstate', `dir=${state ?? join(folder, 'state')}`],
      ...['--server', `type=tcp,port=${port},bindaddr=127.0.0.1`],
      ...['--ctrl', `type=tcp,port=${control},bindaddr=127.0.0.1`],
      ...['--flags', 'not-need-init,startup-clear'],
    ],
    { stdio: 'ignore' },
  );
  try {
    await untilListening(control, tpm);
    return await prepared(folder, port, tpm);
  } catch (fault) {
    tpm.kill();
    throw fault;
  }
}

async function prepared(folder: string, port: number, tpm: ChildProcess) {
  const env = { ...process.env, TPM2TOOLS_TCTI: `swtpm:host=127.0.0.1,port=${port}` };
  /** What each command leaves in the TPM goes, as a resource manager would see to: there is room for three. */
  const tool = async (name: string, ...words: string[]) => {
    await run(name, words, { cwd: folder, env });
    for (const kind of ['-t', '-l', '-s']) {
      await run('tpm2_flushcontext', [kind], { cwd: folder, env }).catch(() => {});
    }
  };
  const file = (name: string) => readFileSync(join(folder, name));

  await tool('tpm2_createek', '-c', 'ek.ctx', '-G', 'ecc', '-u', 'ek.pub');
  await tool(
    ...(['tpm2_createak', '-C', 'ek.ctx', '-c', 'ak.ctx', '-G', 'ecc', '-g', 'sha256'] as const),
    ...['-s', 'ecdsa', '-u', 'ak.pem', '-f', 'pem', '-n', 'ak.name'],
  );
  await tool('tpm2_evictcontrol', '-C', 'o', '-c', 'ak.ctx', hex(AK));
  await tool('tpm2_createprimary', '-C', 'o', '-c', 'primary.ctx');

  /** A key that signs, with these attributes; it takes the place of the one before. */
  async function makeKey(attributes = 'fixedtpm|fixedparent|sensitivedataorigin'): Promise<void> {
    await tool('tpm2_evictcontrol', '-C', 'o', '-c', hex(KEY)).catch(() => {});
    await tool(
      ...([
        'tpm2_create',
        '-C',
        'primary.ctx',
        '-G',
        'ecc',
        '-u',
        'key.pub',
        '-r',
        'key.prv',
      ] as const),
      ...['-a', `${attributes}|userwithauth|sign`],
    );
    await tool('tpm2_load', '-C', 'primary.ctx', '-u', 'key.pub', '-r', 'key.prv', '-c', 'key.ctx');
    await tool('tpm2_evictcontrol', '-C', 'o', '-c', 'key.ctx', hex(KEY));
    await tool('tpm2_readpublic', '-c', hex(KEY), '-o', 'key.tss');
    await tool('tpm2_readpublic', '-c', hex(KEY), '-o', 'key.der', '-f', 'der');
  }
  await makeKey();

  return {
    folder,
    env,
    makeKey,
    /** As the command of the device itself runs tools. */
    runTool: (name: string, args: readonly string[]) =>
      run(name, [...args], { cwd: folder, env }).then(
        ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
        ({ code, stderr }: { code?: number | string; stderr?: string }) =>
          typeof code === 'number' ? { code, out: '', err: stderr ?? '' } : undefined,
      ),
    file,
    akPem: () => file('ak.pem').toString(),
    /** TPMT_PUBLIC, without the length that stands before it in the file. */
    pubArea: () => file('key.tss').subarray(2),
    spki: () => file('key.der'),

    /** TPM2_Certify (Part 3 §18.2), which tpm2_certify does with data of its own alone. */
    async certify(extra: Uint8Array): Promise<{ certInfo: Uint8Array; sig: Uint8Array }> {
      const password = Buffer.from('40000009' + '0000' + '01' + '0000', 'hex');
      const body = Buffer.concat([
        u32(0x148),
        u32(KEY),
        u32(AK),
        u32(2 * password.length),
        password,
        password,
        u16(extra.length),
        extra,
        u16(0x0010), // The scheme that the key has already.
      ]);
      const command = Buffer.concat([u16(0x8002), u32(body.length + 6), body]);
      writeFileSync(join(folder, 'command'), command);
      await tool('tpm2_send', 'command', '-o', 'response');
      const response = file('response');
      const code = response.readUInt32BE(6);
      if (code !== 0) throw new Error(`TPM2_Certify failed: ${code.toString(16)}`);
      const parameters = response.subarray(14, 14 + response.readUInt32BE(10));
      const length = parameters.readUInt16BE(0);
      return {
        certInfo: parameters.subarray(2, 2 + length),
        sig: parameters.subarray(2 + length),
      };
    },

    /** A request (RFC 2986) whose signature the TPM makes. */
    async request(commonName: string): Promise<Buffer> {
      const name = sequence(setOf(sequence(oid('2.5.4.3'), utf8String(commonName))));
      const body = sequence(Buffer.from('020100', 'hex'), name, file('key.der'), tagged(0xa0));
      writeFileSync(join(folder, 'body'), body);
      await tool(
        ...([
          'tpm2_sign',
          '-c',
          hex(KEY),
          '-g',
          'sha256',
          '-f',
          'plain',
          '-o',
          'body.sig',
        ] as const),
        'body',
      );
      return sequence(body, sequence(oid('1.2.840.10045.4.3.2')), bits(file('body.sig')));
    },

    /** A certificate over the attestation key, as its maker would give it. */
    async akCertificate(): Promise<Buffer> {
      const ssl = (...words: string[]) => run('openssl', words, { cwd: folder });
      const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      await ssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=maker');
      await ssl('req', '-new', ...ec, '-keyout', 'x.key', '-out', 'x.csr', '-subj', '/CN=ak');
      writeFileSync(join(folder, 'extensions'), 'basicConstraints=critical,CA:FALSE\n');
      await ssl(
        ...[
          'x509',
          '-req',
          '-extfile',
          'extensions',
          '-in',
          'x.csr',
          '-force_pubkey',
          'ak.pem',
          '-days',
          '30',
        ],
        ...[
          '-CA',
          'ca.pem',
          '-CAkey',
          'ca.key',
          '-CAcreateserial',
          '-outform',
          'DER',
          '-out',
          'ak.crt',
        ],
      );
      return file('ak.crt');
    },

    /** The same as the makers of TPMs and those who certify their keys write it (TCG EK Credential Profile §3.2.9). */
    async makerCertificate(
      maker: { readonly cert: string; readonly key: string },
      wish: AkWish = {},
    ): Promise<Buffer> {
      const names = [
        ...(wish.tpm === false ? [] : ['dirName:tpm']),
        ...(wish.identifier === undefined
          ? []
          : ['otherName:1.3.6.1.5.5.7.8.3;SEQUENCE:identifier']),
        ...(wish.hardwareSerial === undefined
          ? []
          : ['otherName:1.3.6.1.5.5.7.8.4;SEQUENCE:hardware']),
      ];
      const use = wish.use ?? '2.23.133.8.3';
      writeFileSync(join(folder, 'maker.pem'), maker.cert);
      writeFileSync(join(folder, 'maker.key'), maker.key);
      writeFileSync(
        join(folder, 'maker.cnf'),
        [
          '[ext]',
          ...(wish.basic === '' ? [] : [`basicConstraints=${wish.basic ?? 'critical,CA:FALSE'}`]),
          'keyUsage=critical,digitalSignature',
          ...(use === '' ? [] : [`extendedKeyUsage=${use}`]),
          ...(names.length === 0 ? [] : [`subjectAltName=critical,${names.join(',')}`]),
          '[tpm]',
          `x.2.23.133.2.1=${wish.manufacturer ?? 'id:00001014'}`,
          'x.2.23.133.2.2=swtpm',
          'x.2.23.133.2.3=id:20191023',
          '[identifier]',
          `value=UTF8:${wish.identifier ?? ''}`,
          '[hardware]',
          'type=OID:1.2.3.4',
          `serial=FORMAT:ASCII,OCTETSTRING:${wish.hardwareSerial ?? ''}`,
        ].join('\n'),
      );
      const ssl = (...words: string[]) => run('openssl', words, { cwd: folder });
      await ssl(
        ...['req', '-new', '-nodes', '-newkey', 'rsa:2048', '-keyout', 'y.key', '-out', 'y.csr'],
        ...['-subj', wish.subject ?? '/'],
      );
      await ssl(
        ...['x509', '-req', '-in', 'y.csr', '-force_pubkey', 'ak.pem', '-days', '30'],
        ...['-extfile', 'maker.cnf', '-extensions', 'ext', '-CAcreateserial', '-outform', 'DER'],
        ...['-CA', 'maker.pem', '-CAkey', 'maker.key', '-out', 'maker-ak.crt'],
      );
      return file('maker-ak.crt');
    },

    async close() {
      tpm.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a certificate of an attestation key says, where it is not as it should be. */
export interface AkWish {
  readonly identifier?: string;
  readonly hardwareSerial?: string;
  readonly manufacturer?: string;
  readonly subject?: string;
  /** False for none of the TPM's attributes. */
  readonly tpm?: boolean;
  readonly use?: string;
  readonly basic?: string;
}

const hex = (handle: number) => `0x${handle.toString(16)}`;
const u16 = (value: number) => Buffer.of(value >> 8, value & 0xff);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
