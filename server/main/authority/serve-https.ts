/** `sallyport authority https`: a certificate for Sallyport itself, and the setting that has it served. */
import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { isLoopback } from '../../config/contradictions.ts';
import { CONFIG_FILE } from '../../config/load-config.ts';
import { momentWords } from '../terminal/amounts.ts';
import { type CommandContext, withConfig } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { withHouse } from '../with-house.ts';
import { readBytes } from './files.ts';

export function serveHttps(context: CommandContext): Promise<ExitCode> {
  return withConfig(context, ({ config, file }) => {
    const output = context.output();
    const { tls } = config.listen;
    if (tls !== undefined && !tls.own) {
      output.problem({
        what: 'listen.tls names a certificate of others already.',
        mend: 'Take certificate and key out of it first, if you want one of your own instead.',
      });
      return EXIT.usage;
    }
    return withHouse(context, async ({ house }) => {
      const made = await house.authority.serverCredentials('server');
      const written = resolve(context.folder, context.configFile() ?? file ?? CONFIG_FILE);
      if (tls === undefined) {
        const before = file === undefined ? undefined : readBytes(context.folder, file);
        if (before !== undefined && !before.ok) {
          output.problem(before.error);
          return EXIT.failed;
        }
        // As a document, so that comments and order stay.
        const document = parseDocument(before?.value.toString('utf8') ?? '');
        document.setIn(['listen', 'tls', 'own'], true);
        writeFileSync(written, document.toString());
      }
      output.answer({
        says: `Sallyport has a certificate of its own until ${momentWords(made.notAfter)}, and renews it by itself.`,
        next: `Restart it once.${heardBy(config.listen.host)} Browsers trust it when they trust the root: ./sallyport authority show tells where that is.`,
        data: {
          serial: made.serial,
          notAfter: new Date(made.notAfter).toISOString(),
          file: basename(written),
          changed: tls === undefined,
        },
      });
      return EXIT.ok;
    });
  });
}

function heardBy(host: string): string {
  if (!isLoopback(host)) return '';
  return ` It listens on ${host}, which only this computer reaches: listen.host: 0.0.0.0 lets others come.`;
}
