/**
 * EST (RFC 7030, as RFC 8951 makes it plain), `/.well-known/est`: devices get certificates of their own.
 *
 *   GET  cacerts         the authority's certificates; for anyone
 *   GET  csrattrs        what a request should look like; for anyone
 *   POST simpleenroll    a certificate, with an enrolment pass (HTTP Basic) or the certificate that one has
 *   POST simplereenroll  the next one, with the one that one has (TLS client authentication)
 *   POST serverkeygen    a key that is made here, and its certificate, as simpleenroll; only where the configuration says so
 *
 * What is secret goes over TLS alone; from this computer to itself it may go without. Nothing is decided here: the request is read,
 * the gate is asked, and its answer is told.
 */
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authority } from '../../authority/x509/authority-words.ts';
import type {
  AskedCertificate,
  Enrolling,
  ShownByDevice,
} from '../../gate/use-cases/devices/enrol-words.ts';
import type { EnrolWithKey } from '../../gate/use-cases/devices/server-keys.ts';
import { readBody } from '../../http/bodies.ts';
import { clientCertificate } from '../../http/client-certificate.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import { isLoopbackAddress } from '../../http/place-words.ts';
import { programArrivals } from '../../http/program-arrival.ts';
import { RefusedRequest } from '../../http/refusal.ts';
import { canonicalAddress } from '../../http/source-address.ts';
import { type Clock, secondsUntil } from '../../kernel/clock.ts';
import type { Networks } from '../../kernel/networks.ts';
import { ok } from '../../kernel/result.ts';
import { readAskedCertificate } from '../../wire/cms/asked-certificate.ts';
import { readBase64Body, writeBase64Body } from '../../wire/cms/base64-body.ts';
import { writeCertsOnly } from '../../wire/cms/certs-only.ts';
import { writeCsrAttrs } from '../../wire/cms/csr-attrs.ts';
import { readBasic } from './basic.ts';
import { type EstAnswer, refusedEnrolment, say } from './est-answers.ts';
import { KEY_ANSWER_TYPE, writeKeyAnswer } from './key-answer.ts';

export interface EstDeps {
  readonly enrolling: Pick<Enrolling, 'withPass' | 'withCertificate' | 'noteKeyRefused'>;
  /** Undefined where no keys are made here. */
  readonly enrolWithKey: EnrolWithKey | undefined;
  readonly authority: Pick<Authority, 'chain'>;
  readonly trustedNetwork: Networks;
  /** Whether clients reach us over TLS: here, or at a proxy in front. */
  readonly secure: boolean;
  readonly clock: Clock;
}

const PREFIX = '/.well-known/est';
const MOST_BYTES = 32 * 1024;
const PKCS10 = 'application/pkcs10';

/** What came in place of a body that could not be read: told apart from one by its class. */
class AskedBody {
  readonly asked: AskedCertificate | undefined;
  constructor(asked: AskedCertificate | undefined) {
    this.asked = asked;
  }
}

export function createEstDoor(deps: EstDeps): HttpDoor {
  const { enrolling, authority, clock } = deps;
  const arrival = programArrivals('est', deps.trustedNetwork);

  function send(reply: FastifyReply, answer: EstAnswer) {
    reply.code(answer.status).header('cache-control', 'no-store');
    if (answer.status === 401) reply.header('www-authenticate', 'Basic realm="Sallyport EST"');
    if (answer.retryAt !== undefined) {
      const seconds = secondsUntil(answer.retryAt, clock.now());
      reply.header('retry-after', String(seconds));
    }
    return reply.type('text/plain; charset=utf-8').send(`${answer.says}\n`);
  }

  function certificates(reply: FastifyReply, list: readonly Uint8Array[]) {
    return reply
      .type('application/pkcs7-mime; smime-type=certs-only')
      .header('content-transfer-encoding', 'base64')
      .header('cache-control', 'no-store')
      .send(writeBase64Body(writeCertsOnly(list)));
  }

  /** RFC 7030 §3.2.3: Basic is for TLS. To this computer itself nothing goes by a wire. */
  const isPrivate = ({ source }: FastifyRequest) =>
    deps.secure || isLoopbackAddress(source.address);

  /** A proxy that ends TLS would have the key in the clear, and so would who listens behind it; one on this computer asks nobody else. */
  const endsHere = ({ raw: { socket } }: FastifyRequest) =>
    (socket as Partial<TLSSocket>).encrypted === true ||
    isLoopbackAddress(canonicalAddress(socket.remoteAddress ?? '') ?? '');

  async function enrol(request: FastifyRequest, reply: FastifyReply, renew: boolean) {
    if (!isPrivate(request)) return send(reply, say('plain'));
    const came = arrival(request);
    const asked = request.body instanceof AskedBody ? request.body.asked : undefined;
    const certificate = clientCertificate(request);
    const basic = renew ? undefined : readBasic(request.headers.authorization);
    if (basic === undefined && certificate === undefined) {
      return send(reply, say(renew ? 'certificate-wanted' : 'nobody'));
    }
    if (asked === undefined) return send(reply, say('malformed'));
    const done =
      basic !== undefined
        ? await enrolling.withPass(basic.password, asked, came)
        : // One of both is there, as was just seen.
          await enrolling.withCertificate(certificate!, asked, renew, came);
    return done.ok
      ? certificates(reply, [done.value.certificate])
      : send(reply, refusedEnrolment(done.error, basic !== undefined));
  }

  /** RFC 7030 §4.4: as a first certificate, with a key of ours in place of the request's. */
  async function enrolWithKey(request: FastifyRequest, reply: FastifyReply) {
    const came = arrival(request);
    const certificate = clientCertificate(request);
    const basic = readBasic(request.headers.authorization);
    const shown: ShownByDevice | undefined =
      basic !== undefined
        ? { by: 'pass', secret: basic.password }
        : certificate && { by: 'certificate', der: certificate };
    if (deps.enrolWithKey === undefined) {
      const refused = shown && isPrivate(request) && (await enrolling.noteKeyRefused(shown, came));
      return send(
        reply,
        refused ? refusedEnrolment(refused, basic !== undefined) : say('no-server-keys'),
      );
    }
    if (!isPrivate(request)) return send(reply, say('plain'));
    if (!endsHere(request)) return send(reply, say('plain-key'));
    if (shown === undefined) return send(reply, say('nobody'));
    const asked = request.body instanceof AskedBody ? request.body.asked : undefined;
    if (asked === undefined) return send(reply, say('malformed'));
    const done = await deps.enrolWithKey(shown, asked, came);
    if (!done.ok) return send(reply, refusedEnrolment(done.error, basic !== undefined));
    const { key, issued } = done.value;
    const body = writeKeyAnswer(key, issued.certificate);
    reply.raw.once('close', () => void body.fill(0));
    return reply.type(KEY_ANSWER_TYPE).header('cache-control', 'no-store').send(body);
  }

  return {
    id: 'est',
    prefix: PREFIX,
    mount(app: FastifyInstance) {
      app.removeAllContentTypeParsers();
      // What can't be read is told only to those who say who they are.
      readBody(app, PKCS10, (bytes) => {
        const der = readBase64Body(bytes);
        return ok(new AskedBody(der && readAskedCertificate(der)));
      });
      app.addHook('onRequest', async (request) => {
        if (request.raw.url?.includes('?')) throw new RefusedRequest('bad-request');
      });
      const options = { bodyLimit: MOST_BYTES };
      app.get(`${PREFIX}/cacerts`, async (_request, reply) =>
        certificates(reply, await authority.chain()),
      );
      app.get(`${PREFIX}/csrattrs`, async (_request, reply) =>
        reply
          .type('application/csrattrs')
          .header('content-transfer-encoding', 'base64')
          .send(writeBase64Body(writeCsrAttrs())),
      );
      app.post(`${PREFIX}/simpleenroll`, options, (request, reply) => enrol(request, reply, false));
      app.post(`${PREFIX}/simplereenroll`, options, (request, reply) =>
        enrol(request, reply, true),
      );
      app.post(`${PREFIX}/serverkeygen`, options, enrolWithKey);
    },
    refuse(_request, reply, { status, code }) {
      const says = code === 'media-type' ? say('media-type').says : `${status} ${code}`;
      void reply.type('text/plain; charset=utf-8').send(`${says}\n`);
    },
  };
}
