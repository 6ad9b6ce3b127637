/** `sallyport ssh …`: certificates for logging in at hosts, and for the hosts. docs/ssh.md tells how it all goes together. */
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { isLoopback } from '../../config/contradictions.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { Desk } from '../desks/desk.ts';
import { deviceAt } from '../device/device-words.ts';
import { registerAdministration } from '../ssh/ssh-administration-commands.ts';
import type { SshLoginOptions } from '../ssh/ssh-login.ts';
import {
  clientLines,
  cronLines,
  fetchLines,
  HOST_KEY,
  isPlainPath,
  RENEWAL,
  renewalLines,
  SSHD_FOLDER,
  sshdLines,
} from '../ssh/ssh-setup.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';

export function register(program: Command, context: CommandContext): void {
  const ssh = program
    .command('ssh')
    .description('Certificates for logging in at hosts with SSH, and for the hosts.');
  examples(
    ssh
      .command('login')
      .description('Sign in, and get a certificate of minutes for one account on one host.')
      .argument('<host>', 'The name of the host, as devices are called.')
      .option('--as <account>', 'The account there; may be left out where you have no choice.')
      .option('--person <name>', 'Who you have to be there: nobody else gets a certificate.')
      .option('--key <file>', 'A key of your own instead of a fresh one; its .pub is read.')
      .option(
        '--keep',
        'Keep it in files and say nothing while it is good, as ssh’s Match exec wants it.',
      )
      .option('--no-agent', 'Write files, even where an agent would take it.')
      .option('--no-browser', 'Open no browser; only print the address.')
      .action(
        act(context, async (host: string, options: SshLoginOptions) => {
          const { sshLogin } = await import('../ssh/ssh-login.ts');
          return sshLogin(context, host, options);
        }),
      ),
    [
      {
        run: './sallyport ssh login web1 --as deploy --at https://auth.example.com',
        says: 'Then ssh deploy@web1, for as long as the policies say.',
      },
    ],
  );
  examples(
    ssh
      .command('config')
      .description('Print what goes into ~/.ssh/config, so that plain ssh gets its certificate.')
      .argument('<host>', 'The name of the host.')
      .option('--address <address>', 'Where it is reached, if that is not its name.')
      .option('--port <port>', 'Where its sshd listens, if that is not 22.')
      .action(
        act(context, (host: string, options: ConfigOptions) => config(context, host, options)),
      ),
    [
      {
        run: './sallyport ssh config web1 --at https://auth.example.com >> ~/.ssh/config',
        says: 'From then on ssh deploy@web1 opens the browser when it is needed.',
      },
      {
        run: './sallyport ssh config web1 --address 10.1.2.3 --port 2222 --at https://auth.example.com',
        says: 'For a host that is reached at another address than its name, and another port.',
      },
    ],
  );
  examples(
    ssh
      .command('setup')
      .description('Print what a host needs: what sshd trusts, what is revoked, its settings.')
      .argument('<host>', 'The name of the host.')
      .option('--print <part>', 'One part alone: sshd, cron, fetch or renew.')
      .action(
        act(context, (host: string, options: { print?: string }) => setup(context, host, options)),
      ),
    [
      { run: './sallyport ssh setup web1', says: 'All of it, in the order in which to do it.' },
      {
        run: './sallyport ssh setup web1 --print renew',
        says: 'The script with which the host renews its own certificate.',
      },
    ],
  );
  registerAdministration(ssh, context);
}

const HOST = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

interface ConfigOptions {
  readonly address?: string;
  readonly port?: string;
}

/** An address of IPv6 stands there without brackets, as ssh has it. */
function configProblem(host: string, { address, port }: ConfigOptions): Problem | undefined {
  if (!HOST.test(host)) return { what: `${host} is no name of a host.` };
  if (address !== undefined && !HOST.test(address) && isIP(address) === 0) {
    return {
      what: `${address} is no name or address of a host.`,
      mend: 'Such as --address 10.1.2.3; a port goes into --port.',
    };
  }
  if (port !== undefined && (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535)) {
    return { what: `${port} is no port.`, mend: 'Take a whole number from 1 to 65535.' };
  }
  return undefined;
}

async function config(
  context: CommandContext,
  host: string,
  options: ConfigOptions,
): Promise<ExitCode> {
  const output = context.output();
  const wrong = configProblem(host, options);
  if (wrong !== undefined) return misused(output, wrong);
  const { address } = options;
  const port = options.port === undefined ? undefined : Number(options.port);
  return atOrigin(context, async (origin) => {
    const { sshFolder } = await import('../ssh/ssh-files.ts');
    const folder = sshFolder(context.environment, context.folder);
    const program = fileURLToPath(new URL('../../../sallyport', import.meta.url));
    const odd = [program, folder].find((path) => !isPlainPath(path));
    if (odd !== undefined) {
      return misused(output, {
        what: `ssh can’t be told of ${odd}: there is a character in it that it reads as something else.`,
        mend: 'Have it where the path has no quotation marks, $, % or backslashes; XDG_CONFIG_HOME moves what is kept.',
      });
    }
    const command = /\s/.test(program) ? `'${program}'` : program;
    const lines = clientLines({ origin, host, address, port, command, folder });
    if (output.json) output.answer({ says: '', data: { host, lines } });
    else output.raw(lines.join('\n'));
    return EXIT.ok;
  });
}

/** The server that is worked at, or this machine's own address. */
async function atOrigin(
  context: CommandContext,
  work: (origin: string, devices?: Desk['devices']) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { remoteOf } = await import('../remote/remote.ts');
  const server = remoteOf(context);
  return server === undefined
    ? withDesk(context, ({ ssh, devices }) => work(ssh.origin, devices))
    : work(server.origin);
}

function setup(
  context: CommandContext,
  host: string,
  { print }: { readonly print?: string },
): Promise<ExitCode> {
  const output = context.output();
  if (!HOST.test(host)) {
    return Promise.resolve(misused(output, { what: `${host} is no name of a host.` }));
  }
  return atOrigin(context, async (origin, devices) => {
    const { lookAtServer } = await import('../ssh/setup-at.ts');
    if (devices !== undefined) await deviceAt(devices, host, output);
    const keys = devices === undefined ? await lookAtServer(context, origin, host) : undefined;
    if (isLoopback(new URL(origin).hostname)) {
      output.warn(
        `${origin} is reached from this computer alone. Set listen.origin before a host elsewhere goes by this.`,
      );
    }
    const hostCertificate = `${HOST_KEY}-cert.pub`;
    const given = { origin, host, folder: SSHD_FOLDER, hostKey: HOST_KEY, hostCertificate };
    const parts = {
      fetch: fetchLines(given),
      cron: cronLines(given),
      sshd: sshdLines(given),
      renew: renewalLines(given),
    };
    if (print !== undefined) {
      const part = Object.entries(parts).find(([name]) => name === print)?.[1];
      if (part === undefined) {
        return misused(output, {
          what: `There is no part ${print}.`,
          mend: 'sshd, cron, fetch or renew.',
        });
      }
      output.raw(part.join('\n'));
      return EXIT.ok;
    }
    if (output.json) {
      output.answer({
        says: '',
        data: { host, folder: SSHD_FOLDER, ...parts, keys: keys ?? null },
      });
      return EXIT.ok;
    }
    output.raw(
      [
        `# On ${host}, as root.`,
        '# 1. What is trusted, and what is revoked. Where curl does not know who signed our HTTPS: docs/ssh.md, A host.',
        `mkdir -p ${SSHD_FOLDER}`,
        ...parts.fetch,
        ...(keys === undefined
          ? []
          : [
              `#    Compare: ssh-keygen -lf ${SSHD_FOLDER}/user-ca.pub shows, as seen from here,`,
              ...keys.map((key) => `#    ${key}`),
            ]),
        '',
        '# 2. Fetch both again by themselves, and renew what step 3 makes: /etc/cron.d/sallyport-ssh',
        ...parts.cron,
        '',
        '# 3. A certificate for the host’s own key. Take its .pub to where you administer Sallyport:',
        `#    ./sallyport ssh host-certificate ${host} ssh_host_ed25519_key.pub --out ssh_host_ed25519_key-cert.pub`,
        `#    and put what comes of it at ${hostCertificate}`,
        `#    From then on it renews itself: ${RENEWAL}, for root alone (chmod 700)`,
        `#    ./sallyport ssh setup ${host} --print renew`,
        '',
        '# 4. /etc/ssh/sshd_config.d/10-sallyport.conf',
        ...parts.sshd,
        '',
        '# 5. While you are still logged in: sshd -t && systemctl reload ssh, and try it from elsewhere.',
      ].join('\n'),
    );
    return EXIT.ok;
  });
}
