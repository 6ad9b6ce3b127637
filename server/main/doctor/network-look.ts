import type { Config } from '../../config/sections.ts';
import type { Clock } from '../../kernel/clock.ts';
import { DAY } from '../../kernel/clock.ts';
import type { House } from '../house.ts';
import { few } from './few.ts';
import { type Finding, type Look, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';

const SILENT = 30 * DAY;
const MOST = 2000;
const PAGE = 200;

/** Whether there are network devices to be heard, and they are. What is weak of each is told with the devices. */
export const lookAtNetwork: Look = {
  name: 'network devices',
  needs: [...OF_THE_HOUSE, 'radius', 'tacacs', 'devices'],
  look(context) {
    const { config } = context.loaded;
    return findInHouse(context, {
      none: isOff(config)
        ? OFF
        : warn('No network device is known yet.', 'Add them: ./sallyport device add'),
      judge: (house) => judge(house, config, context.clock),
    });
  },
};

const OFF = ok('Off (radius.enabled, tacacs.enabled).');
const isOff = ({ radius, tacacs }: Config) => !radius.enabled && !tacacs.enabled;

async function judge(house: House, config: Config, clock: Clock): Promise<Finding[]> {
  const heardBy = { radius: [] as string[], tacacs: [] as string[], certificate: [] as string[] };
  const silent: string[] = [];
  const unheard: string[] = [];
  const unsigned: string[] = [];
  let looked = 0;
  let after: string | undefined;
  do {
    const place = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const page = await house.store.read((q) => house.deviceActs.list(q, {}, place));
    for (const { device, proofs } of page.items) {
      looked += 1;
      if (device.status !== 'active') continue;
      const kinds = new Set(proofs.map(({ kind }) => kind));
      for (const kind of ['radius', 'tacacs', 'certificate'] as const) {
        if (kinds.has(kind)) heardBy[kind].push(device.name);
      }
      if (kinds.has('without-message-authenticator')) unsigned.push(device.name);
      const speaks = kinds.has('radius') || kinds.has('tacacs');
      const since = device.lastSeenAt ?? device.createdAt;
      if (speaks && since < clock.now() - SILENT) silent.push(device.name);
      else if (speaks && device.lastSeenAt === undefined) unheard.push(device.name);
    }
    after = page.next;
  } while (after !== undefined && looked < MOST);
  const findings: Finding[] = [];
  for (const protocol of ['radius', 'tacacs'] as const) {
    const { enabled, tls } = config[protocol];
    const name = protocol === 'radius' ? 'RADIUS' : 'TACACS+';
    const some = heardBy[protocol].length > 0;
    if (enabled && !some && !tls) {
      findings.push(
        warn(
          `${name} listens, and no device has a secret for it: all are refused.`,
          `./sallyport device secret NAME --for ${protocol}`,
        ),
      );
    }
    if (!enabled && some) {
      findings.push(
        warn(
          `A secret for ${name} is held by ${few(heardBy[protocol])}, and nobody listens.`,
          `Turn ${protocol}.enabled on, or end these: ./sallyport device proof end NAME PROOF`,
        ),
      );
    }
  }
  if (config.tacacs.enabled && config.tacacs.plain && heardBy.tacacs.length === 0) {
    findings.push(
      warn(
        'TACACS+ listens without TLS, and no device has a secret for that.',
        'Turn it off: tacacs.plain',
      ),
    );
  }
  if (unsigned.length > 0 && config.radius.enabled) {
    findings.push(
      warn(
        `Requests are not signed by ${few(unsigned)}: whoever stands between can forge answers (CVE-2024-3596).`,
        'Update them, then end the exception: ./sallyport device proof end NAME PROOF',
      ),
    );
  }
  if (silent.length > 0 && !isOff(config)) {
    findings.push(
      warn(
        `For a month or more nothing was heard of ${few(silent)}.`,
        'Look whether they ask elsewhere, or disable them: ./sallyport device disable NAME',
      ),
    );
  }
  if (findings.length > 0) return findings;
  if (isOff(config)) return [OFF];
  const known = new Set([...heardBy.radius, ...heardBy.tacacs]).size;
  if (known === 0) return [ok('No device holds a secret: they are known by certificates.')];
  const all = known === 1 ? 'One holds a secret' : `${known} hold a secret`;
  if (unheard.length === 0) return [ok(`${all}, and each was heard within a month.`)];
  return [ok(`${all}. Not heard yet, and new within a month: ${few(unheard)}.`)];
}
