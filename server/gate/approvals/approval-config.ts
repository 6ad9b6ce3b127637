import { z } from 'zod';
import { duration } from '../../kernel/setting.ts';

const waiting = (usual: number, what: string) =>
  z.int().min(1).max(16).default(usual).describe(`How many ${what} may wait for one person.`);
const inAnHour = (usual: number, what: string) =>
  z
    .int()
    .min(3)
    .max(100)
    .default(usual)
    .describe(`How many ${what} may ask one person in an hour.`);
const time = (usual: string, of: string) =>
  duration({ least: '30s', most: '5m' })
    .prefault(usual)
    .describe(`For how long ${of} waits at most.`);
const fromOne = (usual: number, where: string) =>
  z.int().min(1).max(1000).default(usual).describe(`How many may wait ${where}.`);

const LOG_INS = 'logins at network devices';
const REQUESTS = 'requests of applications';

/** What waits for people's answers on our pages. */
export const approvalConfig = z.strictObject({
  logins: z
    .strictObject({
      waiting: waiting(3, LOG_INS),
      inAnHour: inAnHour(30, LOG_INS),
      time: time('2m', 'a login'),
      ofDevice: fromOne(100, 'at one network device, whoever they are of'),
      mismatches: z
        .int()
        .min(1)
        .max(10)
        .default(3)
        .describe('After how many wrong numbers no login is shown to its person for an hour.'),
    })
    .prefault({})
    .describe('Logins at network devices that wait for a passkey in the browser.'),
  requests: z
    .strictObject({
      waiting: waiting(3, REQUESTS),
      inAnHour: inAnHour(20, REQUESTS),
      time: time('5m', 'a request'),
      ofApp: fromOne(100, 'of one application'),
    })
    .prefault({})
    .describe('Sign-ins that begin at an application (OpenID Connect CIBA).'),
});
export type ApprovalConfig = z.infer<typeof approvalConfig>;
