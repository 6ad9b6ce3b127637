/**
 * Answers about certificates over HTTP, by what was signed before; and signed for each that asks, with a nonce. Beside it
 * `openssl ocsp`, which signs each answer and takes a connection for each question.
 */
import { hash, randomBytes } from 'node:crypto';
import { createPkiAnswers } from '../server/doors/pki/pki-answers.ts';
import { createPkiServer } from '../server/doors/pki/pki-server.ts';
import type { DeviceId } from '../server/kernel/id.ts';
import { readBits, readOne, TAG, within } from '../server/wire/der/der-reader.ts';
import { nothing, octets, oid, sequence, tagged, unsigned } from '../server/wire/der/der-writer.ts';
import { readCertificate } from '../server/wire/x509/certificate.ts';
import { extension } from '../server/wire/x509/extensions.ts';
import { extensions } from '../server/wire/x509/oids.ts';
import { freePort } from '../test/support/free-port.ts';
import { type Bench, type BenchRun, type Part, rateOf } from './bench.ts';
import { benchDatabase } from './house/bench-database.ts';
import { openBenchHouse } from './house/bench-house.ts';
import { makeRequest } from './house/certificate-requests.ts';
import { startLoad } from './house/load.ts';
import type { OcspLoad, OcspLoaded } from './house/ocsp-load.ts';
import { openOpensslCa } from './house/openssl-ca.ts';
import { inPairs, runsOf } from './pair.ts';

const CACHED = 10_000;
const SIGNED = 2000;
const CONNECTIONS = 16;
const CERTIFICATES = 500;

export const ocsp: Bench = {
  name: 'ocsp',
  says: 'Answers of OCSP over HTTP, kept and signed anew, beside `openssl ocsp`.',
  async run(run) {
    const database = await benchDatabase('sqlite');
    const opened = await openBenchHouse(database);
    const openssl = await openOpensslCa();
    const load = startLoad<OcspLoad, OcspLoaded>(new URL('./house/ocsp-load.ts', import.meta.url));
    const { house, store, clock } = opened;
    const serials: string[] = [];
    const count = run.quick ? 50 : CERTIFICATES;
    for (let i = 0; i < count; i++) {
      const id = house.ids.next<'device'>() as DeviceId;
      const subject = { kind: 'device', id, name: `device-${i}` } as const;
      const issued = await store.write((tx) =>
        house.authority.issue(
          tx,
          { profile: 'device', csr: makeRequest(subject.name), subject },
          { door: 'cli' },
        ),
      );
      if (!issued.ok) throw new Error(`a certificate was refused: ${issued.error.code}`);
      serials.push(issued.value.serial);
    }
    await house.sequencer.settle();
    await house.sequencer.stop();
    const [issuer] = await house.authority.chain();
    if (issuer === undefined) throw new Error('there is no issuing CA');
    const port = await freePort();
    const server = createPkiServer({
      answers: createPkiAnswers(house.authority, clock),
      config: { host: '127.0.0.1', port },
      report: (fault) => {
        throw fault;
      },
    });
    await server.start();
    const theirs = await freePort();
    const responder = await openssl.responder(theirs, serials);
    responder.removeAllListeners('exit');
    const theirCa = new Uint8Array(
      Buffer.from(
        openssl
          .certificate()
          .toString()
          .replaceAll(/-----[A-Z ]+-----|\s/g, ''),
        'base64',
      ),
    );
    async function ask(asked: OcspLoad): Promise<number> {
      const before = process.cpuUsage();
      const loaded = await load.ask(asked);
      const { user, system } = process.cpuUsage(before);
      const all = asked.questions.length;
      return asked.anew ? (all * 1000) / loaded.took : (all * 1e6) / (user + system - loaded.spent);
    }
    const peer = () =>
      ask({
        port: theirs,
        path: '/',
        connections: 1,
        anew: true,
        questions: serials
          .slice(0, run.quick ? 20 : 200)
          .map((serial) => questionOf(theirCa, serial)),
      });
    try {
      const measure = async (words: Words, wanted: number, make: () => Uint8Array[]) =>
        part(words, wanted, run, {
          ours: () =>
            ask({
              port,
              path: '/pki/ocsp',
              connections: CONNECTIONS,
              anew: false,
              questions: make(),
            }),
          peer,
        });
      const times = run.quick ? 2000 : 40_000;
      const plain = serials.map((serial) => questionOf(issuer, serial));
      return [
        await measure(
          { name: 'kept', what: `${count} certificates, each answer signed before` },
          CACHED,
          () => Array.from({ length: times }, (_, i) => plain[i % plain.length]!),
        ),
        await measure(
          {
            name: 'with a nonce',
            what: `${count} certificates, each answer signed for its question`,
          },
          SIGNED,
          () =>
            Array.from({ length: times / 10 }, (_, i) =>
              questionOf(issuer, serials[i % count]!, randomBytes(32)),
            ),
        ),
      ];
    } finally {
      responder.kill();
      await load.close();
      await server.stop();
      openssl.close();
      await opened.close().catch(() => {});
      await database.close();
    }
  },
};

interface Words {
  readonly name: string;
  readonly what: string;
}

async function part(
  { name, what }: Words,
  wanted: number,
  { pairs, progress }: BenchRun,
  both: { ours: () => Promise<number>; peer: () => Promise<number> },
): Promise<Part> {
  const measured = await inPairs(both, { pairs, onRun: progress(`OCSP, ${name}`, runsOf(pairs)) });
  return rateOf(
    {
      name,
      ours: `POST /pki/ocsp about ${what}, ${CONNECTIONS} connections from a thread of their own, per second of the processor time of all that answers`,
      against: `${wanted} a second on one core; beside it, openssl ocsp, one connection after the other, per second`,
      unit: '/s',
    },
    measured,
    wanted,
  );
}

/** RFC 6960 §4.1.1, with the hash that everybody still asks by. */
function questionOf(issuer: Uint8Array, serial: string, nonce?: Uint8Array): Uint8Array {
  const ca = readCertificate(issuer);
  const key = ca && readBits(within(readOne(ca.publicKey), TAG.sequence)?.[1]);
  if (ca === undefined || key === undefined) throw new Error('the issuer is no certificate');
  const id = sequence(
    sequence(oid('1.3.14.3.2.26'), nothing()),
    octets(hash('sha1', ca.subject, 'buffer')),
    octets(hash('sha1', key, 'buffer')),
    unsigned(serial),
  );
  const more = nonce && tagged(0xa2, sequence(extension(extensions.ocspNonce, octets(nonce))));
  return sequence(sequence(sequence(sequence(id)), more));
}
