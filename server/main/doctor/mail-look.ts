import { readFileSync } from 'node:fs';
import { readSecret } from '../../config/secrets.ts';
import { SECOND } from '../../kernel/clock.ts';
import { namedAt } from '../named-files.ts';
import { bad, type Look, ok } from './look.ts';

const PATIENCE = 5 * SECOND;

/** With --online it goes as far as the mail server's welcome, over verified TLS and signed in; it sends nothing. */
export const lookAtMail: Look = {
  name: 'mail',
  needs: ['mail'],
  async look({ loaded, environment, online }) {
    const { host, port, tls, requireTLS, ca, user, password } = loaded.config.mail;
    if (host === undefined) return ok('No mail server is named, so no mail is sent.');
    const secret = password === undefined ? undefined : readSecret(password, environment);
    if (secret !== undefined && !secret.ok)
      return bad(
        secret.error,
        `See mail.password in docs/configuration.md.${namedAt(loaded, 'mail.password')}`,
      );
    if (!online) {
      return ok(`Mail goes by ${host}:${port}; ./sallyport doctor --online tries whether it does.`);
    }

    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      host,
      port,
      secure: tls === 'direct',
      requireTLS,
      connectionTimeout: PATIENCE,
      greetingTimeout: PATIENCE,
      socketTimeout: PATIENCE,
      ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca, 'utf8') } }),
      ...(user === undefined || secret === undefined ? {} : { auth: { user, pass: secret.value } }),
    });
    try {
      await transport.verify();
      return ok(`The mail server ${host}:${port} takes our mail.`);
    } catch (error) {
      const why = (error instanceof Error ? error.message : String(error)).trim();
      return bad(
        `The mail server ${host}:${port} does not take our mail: ${why}`,
        'Check mail.host, mail.port, mail.tls and the sign-in; nothing is sent over TLS that can’t be verified.',
      );
    } finally {
      transport.close();
    }
  },
};
