import { z } from 'zod';
import { duration, network } from '../kernel/setting.ts';

/** One count that slows down what it counts. The fields are those of ThrottleLimit. */
function throttle(
  of: string,
  given: { free: number; first: string; longest: string; forget: string },
) {
  return z
    .strictObject({
      free: z
        .int()
        .min(1)
        .max(100_000)
        .default(given.free)
        .describe('How many failures cause no wait.'),
      first: duration({ least: '100ms', most: '1h' })
        .prefault(given.first)
        .describe('The first wait; each further failure doubles it.'),
      longest: duration({ least: '1s', most: '1d' })
        .prefault(given.longest)
        .describe('The longest wait. Nobody is kept out for good.'),
      forget: duration({ least: '1m', most: '30d' })
        .prefault(given.forget)
        .describe('How long after the last failure the count begins anew.'),
    })
    .prefault({})
    .describe(of);
}

export const gateConfig = z.strictObject({
  attempt: duration({ least: '1m', most: '1h' })
    .prefault('10m')
    .describe('How long a sign-in that was begun may take.'),
  device: duration({ least: '1d', most: '730d' })
    .prefault('180d')
    .describe('How long a browser is remembered as one that its owner signed in with.'),
  sessions: z
    .strictObject({
      idle: duration({ least: '1m', most: '30d' })
        .prefault('1h')
        .describe('A session ends when nothing happened in it for so long.'),
      absolute: duration({ least: '5m', most: '90d' })
        .prefault('12h')
        .describe('A session ends after so long whatever happened in it.'),
      enrolment: duration({ least: '5m', most: '1d' })
        .prefault('1h')
        .describe('How long the enrolment of a person’s first proofs may take.'),
    })
    .prefault({})
    .describe('How long people stay signed in.'),
  throttles: z
    .strictObject({
      account: throttle('Failures at one account, whoever makes them.', {
        free: 5,
        first: '1s',
        longest: '15m',
        forget: '1d',
      }),
      source: throttle('Failures from one source: an IPv4 address or an IPv6 /64.', {
        free: 20,
        first: '1s',
        longest: '15m',
        forget: '1h',
      }),
      spray: throttle(
        'Failures everywhere together, as when one password is tried at many accounts.',
        {
          free: 200,
          first: '1s',
          longest: '1m',
          forget: '10m',
        },
      ),
    })
    .prefault({})
    .describe(
      'How guesses are slowed down. Failures are counted in three ways, and each count waits for itself.',
    ),
  trustedNetworks: z
    .array(network())
    .default([])
    .describe(
      'Networks that policies may call trusted (`context.trustedNetwork`), such as 10.0.0.0/8.',
    ),
});

export type GateConfig = z.infer<typeof gateConfig>;
