/** What this machine's TPM is asked, by tpm2-tools: its certificate, a key with which it speaks of others, and to open a secret. */
import { Buffer } from 'node:buffer';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalKey, publicKeyOf } from '../../authority/x509/key-material.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { readDer } from '../../wire/der/der-reader.ts';
import { readCertificate } from '../../wire/x509/certificate.ts';
import type { RunTool } from '../posture/run-tool.ts';
import type { Problem } from '../terminal/output.ts';

/**
 * TCG EK Credential Profile §2.2.1.4 and §2.2.1.5: where makers leave the certificates of their endorsement keys, and the templates of
 * those (L-1, L-2, H-3, H-6), which tpm2_createek knows by the word for the key.
 */
const PLACES = [
  { at: '0x01c00002', algorithm: 'rsa', low: true },
  { at: '0x01c0000a', algorithm: 'ecc', low: true },
  { at: '0x01c00016', algorithm: 'ecc384', low: false },
  { at: '0x01c0001c', algorithm: 'rsa3072', low: false },
] as const;
type Place = (typeof PLACES)[number];

export interface Tpm {
  /** DER. */
  readonly endorsement: Uint8Array;
  /** TPMT_PUBLIC. */
  readonly attestationKey: Uint8Array;
  open(blob: Uint8Array, seed: Uint8Array): Promise<Result<Uint8Array, Problem>>;
  close(): void;
}

/** @param handle where the attestation key lies; one is made there if there is none. */
export async function openTpm(run: RunTool, handle: string): Promise<Result<Tpm, Problem>> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tpm-'));
  const at = (name: string) => join(folder, name);
  const close = () => rmSync(folder, { recursive: true, force: true });

  async function does(tool: string, ...words: string[]): Promise<Problem | undefined> {
    const said = await run(tool, words);
    // Where no resource manager does it, what a tool leaves behind takes the room of the next.
    await run('tpm2_flushcontext', ['-t']);
    if (said === undefined) return { what: `${tool} can’t be run.`, mend: MEND };
    if (said.code === 0) return undefined;
    const why = said.err.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
    return { what: `${tool} failed: ${why}`, mend: MEND };
  }

  /** In their order, until one fails. */
  async function each(steps: readonly (readonly [string, ...string[]])[]) {
    for (const step of steps) {
      const problem = await does(...step);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async function certificate(place: Place): Promise<Uint8Array | undefined> {
    for (const authority of [[], ['-C', 'o']]) {
      const said = await run('tpm2_nvread', [place.at, ...authority, '-o', at('ek.crt')]);
      if (said?.code !== 0 || !existsSync(at('ek.crt'))) continue;
      // Some makers leave more room than the certificate takes.
      const room = readFileSync(at('ek.crt'));
      const length = room.length < 4 ? 0 : 4 + room.readUInt16BE(2);
      const der = new Uint8Array(room.subarray(0, length));
      if (room.readUInt16BE(0) === 0x3082 && readDer(der)?.length === 1) return der;
    }
    return undefined;
  }

  /** The first key that is there with its certificate. A maker who used a template of their own certified another than we make. */
  async function endorsed(): Promise<Result<{ place: Place; der: Uint8Array }, Problem>> {
    let problem: Problem = { what: NO_CERTIFICATE, mend: MEND };
    for (const place of PLACES) {
      const der = await certificate(place);
      if (der === undefined) continue;
      const words = ['-G', place.algorithm, '-c', at('ek.ctx'), '-u', at('ek.der'), '-f', 'der'];
      const fails = await does('tpm2_createek', ...words);
      if (fails === undefined && isFor(der, readFileSync(at('ek.der')))) {
        return ok({ place, der });
      }
      const what = `The certificate at ${place.at} is for another key than the usual template gives.`;
      problem = fails ?? { what, mend: MEND };
    }
    return failed(problem);
  }

  /** §B.3.3: who may use keys of the lower range is who may use that hierarchy; for the others an empty word does (§B.4). */
  async function byPolicy(opens: readonly string[]): Promise<Problem | undefined> {
    const session = at('session.ctx');
    const problem = await each([
      ['tpm2_startauthsession', '--policy-session', '-S', session],
      ['tpm2_policysecret', '-S', session, '-c', 'e'],
      ['tpm2_activatecredential', ...opens, '-P', `session:${session}`],
    ]);
    await run('tpm2_flushcontext', [session]);
    return problem;
  }

  async function prepared(): Promise<Result<Tpm, Problem>> {
    const found = await endorsed();
    if (!found.ok) return found;
    const { place, der } = found.value;
    const ek = at('ek.ctx');
    if ((await does('tpm2_readpublic', '-c', handle, '-o', at('ak.pub'))) !== undefined) {
      const problem = await each([
        [
          ...(['tpm2_createak', '-C', ek, '-c', at('ak.ctx'), '-G', 'ecc'] as const),
          ...['-g', 'sha256', '-s', 'ecdsa', '-u', at('new.pub')],
        ],
        ['tpm2_evictcontrol', '-C', 'o', '-c', at('ak.ctx'), handle],
        ['tpm2_readpublic', '-c', handle, '-o', at('ak.pub')],
      ]);
      if (problem !== undefined) return failed(problem);
    }
    return ok({
      endorsement: der,
      // Without the length that stands before it in the file.
      attestationKey: new Uint8Array(readFileSync(at('ak.pub')).subarray(2)),
      async open(blob, seed) {
        // As tpm2_makecredential writes it: a mark, a version, and then both.
        const head = Buffer.from('badcc0de00000001', 'hex');
        writeFileSync(at('question'), Buffer.concat([head, blob, seed]));
        const opens = ['-c', handle, '-C', ek, '-i', at('question'), '-o', at('answer')];
        const problem = await (place.low
          ? byPolicy(opens)
          : does('tpm2_activatecredential', ...opens));
        return problem === undefined
          ? ok(new Uint8Array(readFileSync(at('answer'))))
          : failed(problem);
      },
      close,
    });
  }

  try {
    const opened = await prepared();
    if (!opened.ok) close();
    return opened;
  } catch (fault) {
    close();
    throw fault;
  }
}

const MEND =
  'It takes tpm2-tools, a TPM 2.0 with the certificate of its maker, and the right to use it: run it as root.';
const NO_CERTIFICATE =
  'No certificate of an endorsement key (RSA 2048 or 3072, P-256 or P-384) is in a TPM here.';

/** The words beside a key differ by who wrote them, so keys are compared as they are read. */
function isFor(der: Uint8Array, info: Uint8Array): boolean {
  const certified = readCertificate(der)?.publicKey;
  const theirs = certified && publicKeyOf(certified);
  const made = publicKeyOf(info);
  if (theirs === undefined || made === undefined) return false;
  return canonicalKey(theirs).equals(canonicalKey(made));
}
