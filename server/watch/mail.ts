/** Alerts by mail: over verified TLS or not at all (`opportunisticTLS` would fall back to plain text when stripped). */
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { MINUTE, SECOND } from '../kernel/clock.ts';
import type { SendAlert } from './alerts.ts';

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'direct';
  readonly requireTLS: boolean;
  readonly ca: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

export function sendByMail(settings: MailSettings): SendAlert {
  const { host, port, tls, requireTLS, ca, user, password, from, to } = settings;
  const transport = createTransport({
    host,
    port,
    secure: tls === 'direct',
    requireTLS: tls === 'starttls' && requireTLS,
    connectionTimeout: 10 * SECOND,
    greetingTimeout: 10 * SECOND,
    socketTimeout: MINUTE,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
  });
  return async ({ subject, text }) => {
    await transport.sendMail({ from, to: [...to], subject: subject.slice(0, 200), text });
  };
}
