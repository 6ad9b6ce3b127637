/** HTTPS by a certificate of our own authority: looked after while the server runs, and renewed without a restart. */
import type { X509Authority } from '../authority/x509/authority.ts';
import { MINUTE } from '../kernel/clock.ts';
import type { Later } from '../kernel/later.ts';
import type { TlsFiles } from './tls-files.ts';

export interface OwnTls {
  /** PEM. */
  current(): Promise<TlsFiles>;
  /** From now on: tells of each that takes the place of the one before. */
  start(use: (pem: TlsFiles) => void): void;
  stop(): Promise<void>;
}

/** Also how long one that was revoked may be served. */
const LOOK_EVERY = 10 * MINUTE;

export function createOwnTls(
  authority: Pick<X509Authority, 'serverCredentials'>,
  later: Later,
  report: (fault: unknown) => void,
): OwnTls {
  let served: string | undefined;
  let cancel: (() => void) | undefined;
  let looking: Promise<void> = Promise.resolve();

  async function current(): Promise<TlsFiles> {
    const { cert, key, serial } = await authority.serverCredentials('server');
    served = serial;
    return { certificate: cert, key };
  }

  async function look(use: (pem: TlsFiles) => void): Promise<void> {
    const before = served;
    const pem = await current();
    if (served !== before) use(pem);
  }

  return {
    current,
    start(use) {
      const wake = () => {
        cancel = later(LOOK_EVERY, () => {
          looking = look(use)
            .catch(report)
            .finally(() => cancel && wake());
        });
      };
      wake();
    },
    async stop() {
      cancel?.();
      cancel = undefined;
      await looking;
    },
  };
}
