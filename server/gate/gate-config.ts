import { z } from 'zod';
import { duration } from '../kernel/setting.ts';
import { approvalConfig } from './approvals/approval-config.ts';
import type { GateLimits } from './gate-deps.ts';

interface ThrottleDefaults {
  readonly free: number;
  readonly first: string;
  readonly longest: string;
}

function throttle(of: string, { free, first, longest }: ThrottleDefaults) {
  return z
    .strictObject({
      free: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(free)
        .describe('How many failures are free of any wait.'),
      first: duration({ least: '1s', most: '1h' })
        .prefault(first)
        .describe('The first wait; each further failure doubles it.'),
      longest: duration({ least: '1s', most: '24h' })
        .prefault(longest)
        .describe('The longest wait.'),
      forget: duration({ least: '1m', most: '7d' })
        .prefault('1h')
        .describe('Within how long the failures that are free are forgotten, one after the other.'),
    })
    .prefault({})
    .describe(of);
}

export const gateConfig = z.strictObject({
  attempt: duration({ least: '1m', most: '1h' })
    .prefault('10m')
    .describe('How long one sign-in may take.'),
  enrolment: duration({ least: '5m', most: '24h' })
    .prefault('1h')
    .describe('How long setting up proofs with a pass or link may take.'),
  idle: duration({ least: '1m', most: '7d' })
    .prefault('1h')
    .describe('A session ends when nothing happened for so long.'),
  absolute: duration({ least: '5m', most: '30d' })
    .prefault('12h')
    .describe('A session ends after so long, whatever happened.'),
  keyProof: duration({ least: '1m', most: '1h' })
    .prefault('5m')
    .describe(
      'For how long a browser that showed the key of its session need not show it again, ' +
        'and so for how long at most a stolen cookie is of any use.',
    ),
  unbound: duration({ least: '5m', most: '30d' })
    .prefault('2h')
    .describe('The longest time of a session in a browser that can hold no key.'),
  knownDevice: duration({ least: '1d', most: '365d' })
    .prefault('90d')
    .describe('For how long a browser that signed in as a person is known as theirs.'),
  throttles: z
    .strictObject({
      account: throttle('Guesses at one account.', { free: 5, first: '1s', longest: '15m' }),
      source: throttle(
        'Guesses from one IPv4 address or IPv6 /64, or at one account behind a network device that tells no addresses: ' +
          'all those behind it have ten times as many free.',
        {
          free: 50,
          first: '2s',
          longest: '15m',
        },
      ),
      spray: throttle('Guesses at all accounts together.', {
        free: 1000,
        first: '1s',
        longest: '5m',
      }),
      opening: z
        .strictObject({
          network: z
            .int()
            .min(10)
            .max(10_000_000)
            .default(1200)
            .describe(
              'How many sign-ins one IPv4 address or IPv6 /64 may begin within a minute. ' +
                'Doors behind one address, such as a NAT or a proxy that is not trusted, share them.',
            ),
          all: z
            .int()
            .min(10)
            .max(10_000_000)
            .default(240_000)
            .describe('How many sign-ins may be begun within a minute, wherever they come from.'),
        })
        .prefault({})
        .describe('Sign-ins that are begun, whether they are finished or not.'),
    })
    .prefault({})
    .describe('How guesses are slowed down. Nobody is locked out for good.'),
  approvals: approvalConfig.prefault({}).describe('What waits for people’s answers on our pages.'),
});

export type GateConfig = z.infer<typeof gateConfig>;

export function gateLimits(config: GateConfig, keysRequired: boolean): GateLimits {
  const {
    attempt,
    knownDevice,
    idle,
    absolute,
    enrolment,
    unbound,
    keyProof,
    throttles,
    approvals,
  } = config;
  return {
    attempt,
    device: knownDevice,
    sessions: { idle, absolute, enrolment, unbound },
    binding: { required: keysRequired, interval: keyProof },
    throttles,
    approvals,
  };
}
