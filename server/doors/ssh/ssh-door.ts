/**
 * What hosts and clients fetch, and nobody has to be anyone for: the keys that sign SSH certificates (`/ssh/user-ca.pub`,
 * `/ssh/host-ca.pub`) and the list of what is revoked (`/ssh/krl`). And what a host sends to get its next certificate with its own
 * key: it signs a nonce (`/ssh/host-nonce`) and sends it (`/ssh/host-certificate`). Nothing is decided here, and nothing in these is
 * secret.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SshAuthority } from '../../authority/ssh/ssh-authority.ts';
import type { CertificateKind } from '../../authority/ssh/ssh-words.ts';
import type { SshHostRenewal } from '../../gate/use-cases/ssh/ssh-host-renewal.ts';
import { readBody } from '../../http/bodies.ts';
import { isWithoutQuery } from '../../http/form.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import { programArrivals } from '../../http/program-arrival.ts';
import { RefusedRequest } from '../../http/refusal.ts';
import { fromUtf8 } from '../../kernel/bytes.ts';
import { type Clock, secondsUntil } from '../../kernel/clock.ts';
import type { Networks } from '../../kernel/networks.ts';
import { failed, ok } from '../../kernel/result.ts';
import { keyLine } from '../../wire/ssh/public-key.ts';

export interface SshDoorDeps {
  readonly ssh: Pick<SshAuthority, 'krl'> & {
    readonly keys: Pick<SshAuthority['keys'], 'ready' | 'trusted'>;
  };
  readonly renewal: SshHostRenewal;
  readonly trustedNetwork: Networks;
  readonly clock: Clock;
}

/** A certificate with as many names as there may be, and a signature of the longest key. */
const LONGEST_RENEWAL = 48 * 1024;
const REFUSED = { malformed: 400, refused: 403, unavailable: 503 } as const;

const TEXT = 'text/plain; charset=utf-8';

export function createSshDoor({ ssh, renewal, trustedNetwork, clock }: SshDoorDeps): HttpDoor {
  const arrival = programArrivals('ssh', trustedNetwork);

  async function lines(kind: CertificateKind): Promise<string> {
    await ssh.keys.ready();
    return ssh.keys
      .trusted(kind)
      .map(({ publicKey, version }) => keyLine(publicKey, `sallyport-ssh-${kind}-ca-${version}`))
      .map((line) => `${line}\n`)
      .join('');
  }

  return {
    id: 'ssh',
    prefix: '/ssh',
    mount(app) {
      app.removeAllContentTypeParsers();
      readBody(app, 'text/plain', readText);
      app.addHook('onRequest', async (request) => {
        if (!isWithoutQuery(request.raw.url ?? '')) throw new RefusedRequest('bad-request');
      });
      for (const kind of ['user', 'host'] as const) {
        app.get(`/ssh/${kind}-ca.pub`, async (_, reply) =>
          // An old copy would leave out the next key, or keep one that is in wrong hands.
          reply
            .type(TEXT)
            .header('cache-control', 'no-store')
            .send(await lines(kind)),
        );
      }
      app.get('/ssh/krl', async (_, reply) =>
        reply
          .type('application/octet-stream')
          .header('cache-control', 'no-store')
          .send(Buffer.from(await ssh.krl())),
      );
      app.get('/ssh/host-nonce', async (_, reply) =>
        reply.type(TEXT).header('cache-control', 'no-store').send(`${renewal.nonce()}\n`),
      );
      app.post('/ssh/host-certificate', { bodyLimit: LONGEST_RENEWAL }, async (request, reply) => {
        const { body } = request;
        if (typeof body !== 'string') throw new RefusedRequest('media-type');
        const renewed = await renewal.renew(body, arrival(request));
        reply.type(TEXT).header('cache-control', 'no-store');
        if (renewed.ok) {
          // Nothing to do yet: a timer that runs each day is answered so on most of them.
          return renewed.value.state === 'not-yet'
            ? reply.code(204).send()
            : reply.send(`${renewed.value.issued.line}\n`);
        }
        const { error } = renewed;
        if (error.reason === 'throttled') {
          const seconds = secondsUntil(error.retryAt, clock.now());
          return reply.code(429).header('retry-after', String(seconds)).send('429 throttled\n');
        }
        const status = REFUSED[error.reason];
        return reply.code(status).send(`${status} ${error.reason}\n`);
      });
    },
    refuse(_request: FastifyRequest, reply: FastifyReply, { status, code }) {
      reply.type(TEXT).send(`${status} ${code}\n`);
    },
  };
}

function readText(bytes: Uint8Array) {
  try {
    return ok(fromUtf8(bytes));
  } catch {
    return failed('not text');
  }
}
