/** A house that enrols devices over TLS, and the devices: with keys, requests and certificates that OpenSSL makes. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EnrolmentTerms } from '../../server/gate/use-cases/devices/enrolment-passes.ts';
import { HOUR } from '../../server/kernel/clock.ts';
import type { NotedDevice } from '../../server/subjects/devices.ts';
import { openOpenssl } from './openssl.ts';
import { openServedHouse, type ServedOptions } from './served-house.ts';

const later = promisify(execFile);

export interface CurlAnswer {
  readonly status: number;
  readonly body: string;
  readonly type: string;
}

export type EnrolmentHouse = Awaited<ReturnType<typeof openEnrolmentHouse>>;

export async function openEnrolmentHouse(options: ServedOptions = {}) {
  const openssl = openOpenssl();
  const tls = openssl.selfSigned('localhost', 'server');
  const served = await openServedHouse({
    listener: {
      tls: { certificate: tls.pem, key: tls.keyPem, clientCertificates: true },
    },
    config: { est: { enabled: true } },
    ...options,
  });
  const { house } = served;
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-enrolment-'));
  const run = (program: string, ...words: string[]) =>
    execFileSync(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  writeFileSync(join(folder, 'server.pem'), tls.pem);
  const by = { door: 'cli' } as const;

  return {
    ...served,
    folder,
    run,
    file: (name: string) => readFileSync(join(folder, name)),
    write: (name: string, data: string | Uint8Array) => writeFileSync(join(folder, name), data),

    async addDevice(name: string): Promise<NotedDevice> {
      const added = await house.store.write((tx) =>
        house.devices.add(
          tx,
          {
            name,
            kind: 'controller',
            owner: undefined,
            groups: [],
            zone: '',
            serial: `serial-of-${name}`,
            mac: undefined,
            addresses: [],
            purpose: '',
          },
          by,
        ),
      );
      if (!added.ok) throw new Error(added.error.code);
      return added.value;
    },

    async issuePass(device: NotedDevice, terms: Partial<EnrolmentTerms> = {}) {
      const issued = await house.store.write((tx) =>
        house.enrolmentPasses.issue(
          tx,
          device.id,
          {
            uses: 1,
            lifetime: HOUR,
            names: [],
            networks: [],
            attestationKey: undefined,
            ...terms,
          },
          by,
        ),
      );
      if (!issued.ok) throw new Error(issued.error.code);
      return issued.value;
    },

    /** `<name>.key` and `<name>.csr` in the folder; gives the request as EST wants it, in base64. */
    request(name: string, subject: string, ...more: string[]): string {
      run(
        'openssl',
        ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-keyout', `${name}.key`, '-outform', 'DER', '-out', `${name}.csr`],
        ...['-subj', subject, ...more],
      );
      run('openssl', 'base64', '-in', `${name}.csr`, '-out', `${name}.b64`);
      return readFileSync(join(folder, `${name}.b64`), 'utf8');
    },

    /** `curl`, with what it answered: status first, then the body. */
    async curl(path: string, ...words: string[]): Promise<CurlAnswer> {
      const { stdout } = await later(
        'curl',
        [
          ...['--silent', '--show-error', '--cacert', 'server.pem', '--max-time', '20'],
          ...['--write-out', '\n%{content_type}\n%{http_code}'],
          ...words,
          served.origin + path,
        ],
        { cwd: folder },
      );
      const lines = stdout.split('\n');
      const status = Number(lines.pop());
      const type = lines.pop() ?? '';
      return { status, type, body: lines.join('\n') };
    },

    /** What EST handed out, as PEM, read by OpenSSL; written as `<name>.pem`. */
    unpack(name: string, body: string): string {
      writeFileSync(join(folder, `${name}.p7.b64`), body);
      run('openssl', 'base64', '-d', '-in', `${name}.p7.b64`, '-out', `${name}.p7`);
      const pem = run(
        ...(['openssl', 'pkcs7', '-inform', 'DER', '-in', `${name}.p7`, '-print_certs'] as const),
      );
      writeFileSync(join(folder, `${name}.pem`), pem);
      return pem;
    },

    async close() {
      await served.close();
      openssl.remove();
      rmSync(folder, { recursive: true });
    },
  };
}
