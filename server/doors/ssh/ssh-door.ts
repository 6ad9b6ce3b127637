/**
 * What hosts and clients fetch, and nobody has to be anyone for: the keys that sign SSH certificates (`/ssh/user-ca.pub`,
 * `/ssh/host-ca.pub`) and the list of what is revoked (`/ssh/krl`). Nothing is decided here, and nothing in these is secret.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SshAuthority } from '../../authority/ssh/ssh-authority.ts';
import type { CertificateKind } from '../../authority/ssh/ssh-words.ts';
import { isWithoutQuery } from '../../http/form.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import { RefusedRequest } from '../../http/refusal.ts';
import { keyLine } from '../../wire/ssh/public-key.ts';

export interface SshDoorDeps {
  readonly ssh: Pick<SshAuthority, 'krl'> & {
    readonly keys: Pick<SshAuthority['keys'], 'ready' | 'trusted'>;
  };
}

const TEXT = 'text/plain; charset=utf-8';

export function createSshDoor({ ssh }: SshDoorDeps): HttpDoor {
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
    },
    refuse(_request: FastifyRequest, reply: FastifyReply, { status, code }) {
      reply.type(TEXT).send(`${status} ${code}\n`);
    },
  };
}
