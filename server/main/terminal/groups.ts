/**
 * The commands, in the order in which --help tells of them. Each group is one file in commands/, loaded only when it is called,
 * so that starting costs nothing for what is not used.
 *
 * To add a group: copy commands/config.ts, which is commented for that, and add a line here.
 */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';

export interface CommandGroup {
  /** The first word of its commands. */
  readonly name: string;
  readonly heading: string;
  /** Whether any of it can be done at a server elsewhere. */
  readonly remote?: true;
  readonly load: () => Promise<{ register(program: Command, context: CommandContext): void }>;
}

export const GROUPS: readonly CommandGroup[] = [
  { name: 'serve', heading: 'Run', load: () => import('../commands/serve.ts') },
  { name: 'login', heading: 'Elsewhere', remote: true, load: () => import('../commands/login.ts') },
  {
    name: 'logout',
    heading: 'Elsewhere',
    remote: true,
    load: () => import('../commands/logout.ts'),
  },
  {
    name: 'whoami',
    heading: 'Elsewhere',
    remote: true,
    load: () => import('../commands/whoami.ts'),
  },
  { name: 'doctor', heading: 'Run', load: () => import('../commands/doctor.ts') },
  { name: 'config', heading: 'Run', load: () => import('../commands/config.ts') },
  { name: 'migrate', heading: 'Run', load: () => import('../commands/migrate.ts') },
  { name: 'person', heading: 'People', remote: true, load: () => import('../commands/person.ts') },
  { name: 'pass', heading: 'People', remote: true, load: () => import('../commands/pass.ts') },
  { name: 'card', heading: 'People', remote: true, load: () => import('../commands/card.ts') },
  {
    name: 'session',
    heading: 'People',
    remote: true,
    load: () => import('../commands/session.ts'),
  },
  {
    name: 'approval',
    heading: 'People',
    remote: true,
    load: () => import('../commands/approval.ts'),
  },
  { name: 'token', heading: 'People', remote: true, load: () => import('../commands/token.ts') },
  { name: 'password', heading: 'People', load: () => import('../commands/password.ts') },
  {
    name: 'process',
    heading: 'Programs and what they enter',
    remote: true,
    load: () => import('../commands/process.ts'),
  },
  {
    name: 'resource',
    heading: 'Programs and what they enter',
    remote: true,
    load: () => import('../commands/resource.ts'),
  },
  {
    name: 'workload',
    heading: 'Programs and what they enter',
    remote: true,
    load: () => import('../commands/workload.ts'),
  },
  { name: 'device', heading: 'Devices', remote: true, load: () => import('../commands/device.ts') },
  {
    name: 'network',
    heading: 'Devices',
    remote: true,
    load: () => import('../commands/network.ts'),
  },
  {
    name: 'posture',
    heading: 'Devices',
    remote: true,
    load: () => import('../commands/posture.ts'),
  },
  { name: 'tpm', heading: 'Devices', remote: true, load: () => import('../commands/tpm.ts') },
  {
    name: 'certificate',
    heading: 'Certificates',
    remote: true,
    load: () => import('../commands/certificate.ts'),
  },
  {
    name: 'authority',
    heading: 'Certificates',
    remote: true,
    load: () => import('../commands/authority.ts'),
  },
  { name: 'ssh', heading: 'Devices', remote: true, load: () => import('../commands/ssh.ts') },
  { name: 'policy', heading: 'Policy', remote: true, load: () => import('../commands/policy.ts') },
  { name: 'record', heading: 'Record', remote: true, load: () => import('../commands/record.ts') },
  { name: 'key', heading: 'Keys', remote: true, load: () => import('../commands/key.ts') },
  { name: 'bench', heading: 'Run', load: () => import('../commands/bench.ts') },
];
