/**
 * 802.1X: full EAP-TLS handshakes with P-256 through the RADIUS door, judged and on record, by what processor time they take of the
 * server; beside FreeRADIUS with the same certificates, which judges nothing. And how many may be under way within a gibibyte.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createEap } from '../server/doors/radius/eap/eap.ts';
import { eapLimits } from '../server/doors/radius/eap/eap-server.ts';
import { radiusConfig } from '../server/doors/radius/radius-config.ts';
import { createRadiusDoor } from '../server/doors/radius/radius-door.ts';
import type { Network } from '../server/gate/network/network-words.ts';
import { DAY } from '../server/kernel/clock.ts';
import { systemLater } from '../server/kernel/later.ts';
import { checkedNetworks } from '../server/kernel/networks.ts';
import { pemOf } from '../server/wire/der/pem.ts';
import { type Bench, type BenchRun, type Part, shareOf, within } from './bench.ts';
import { benchDatabase } from './house/bench-database.ts';
import { type BenchHouse, openBenchHouse } from './house/bench-house.ts';
import { findFreeRadius, startFreeRadius } from './house/eap-freeradius.ts';
import type { InFlight } from './house/eap-in-flight.ts';
import type { EapLoad, EapLoaded } from './house/eap-load.ts';
import { inPairs, runsOf } from './pair.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const GROUP = 'P-256';
const IN_FLIGHT = 16;
/** V8 still compiles what comes of 5,000 handshakes; whoever serves does so for days. */
const WARM_UPS = 4;
const GIBIBYTE = 1024;
const HOW = {
  alone: 'by the door alone, behind which a yes stands',
  judged: 'each judged by policy and on record before it is answered',
} as const;
const BY = { door: 'cli' } as const;

export const eapTls: Bench = {
  name: 'eap-tls',
  says: 'Full EAP-TLS handshakes with P-256, beside FreeRADIUS; and how much memory those under way take.',
  async run(run) {
    const database = await benchDatabase('sqlite');
    const opened = await openBenchHouse(database);
    const load = fork(new URL('./house/eap-load.ts', import.meta.url), { stdio: 'inherit' });
    try {
      const prepared = await prepare(opened);
      const parts: Part[] = [];
      if (findFreeRadius() !== undefined) {
        for (const version of VERSIONS) {
          parts.push(await beside(version, 'alone', prepared, load, run));
          parts.push(await beside(version, 'judged', prepared, load, run));
        }
      }
      parts.push(await underWay(run));
      await Promise.all(Object.values(prepared.doors).map((door) => door.stop()));
      return parts;
    } finally {
      load.kill();
      await opened.close();
      await database.close();
    }
  },
};

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** A switch with a secret, a sensor with a certificate, and the door. */
async function prepare({ house, clock }: BenchHouse) {
  const { authority, random, ids, report, notice } = house;
  const chain = await authority.chain();
  const add = (name: string, kind: 'switch' | 'rtu', addresses: readonly string[]) =>
    house.store.write(async (tx) => {
      const fresh = { name, kind, addresses, owner: undefined, groups: [], zone: '', purpose: '' };
      const added = await house.devices.add(
        tx,
        { ...fresh, serial: undefined, mac: undefined },
        BY,
      );
      if (!added.ok) throw new Error(`no device: ${JSON.stringify(added.error)}`);
      return added.value;
    });
  const hall = await add('hall', 'switch', ['127.0.0.1']);
  const sensor = await add('sensor-1', 'rtu', []);
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { secret, issued } = await house.store.write(async (tx) => {
    const shared = { kind: 'radius', name: 'shared secret' } as const;
    const proof = await house.deviceProofs.add(tx, hall, shared, BY);
    const subject = { kind: 'device', id: sensor.id, name: sensor.name } as const;
    const wish = { profile: 'device', publicKey: keys.publicKey, subject } as const;
    const made = await authority.issue(tx, wish, BY);
    if (!proof.ok || !made.ok) throw new Error('the switch or the sensor could not be prepared');
    return { secret: proof.value.secret ?? '', issued: made.value };
  });
  const credentials = () => authority.serverCredentials('radius-server');
  const later = systemLater();
  const { network } = house.gate;
  const common = { credentials, clock, random, later, report };
  /** Says yes to whom TLS let through, as FreeRADIUS does. */
  const yes: Network = {
    ...network,
    admit: async () => ({ state: 'granted', login: loggedIn }),
  };
  const open = async (behind: Network) => {
    const eap = createEap({
      ...common,
      network: behind,
      authorities: authority.chain,
      methods: ['tls'],
      groups: GROUP,
      // FreeRADIUS as Debian ships it keeps no sessions either.
      resumption: false,
    });
    const door = createRadiusDoor(
      {
        ...common,
        ...{ network: behind, eap, ids, notice },
        origin: () => 'https://id.example.com',
        trustedNetwork: checkedNetworks([]),
      },
      radiusConfig.parse({ host: '127.0.0.1', port: 0, accountingPort: 0, tls: false }),
    );
    await door.start();
    return door;
  };
  const loggedIn = {
    session: ids.next<'network-session'>(),
    subject: sensor.id,
    name: sensor.name,
    groups: [],
    roles: [],
    until: clock.now() + DAY,
    attributes: {},
  };
  return {
    doors: { judged: await open(network), alone: await open(yes) },
    server: await credentials(),
    client: {
      secret,
      identity: sensor.name,
      cert: [issued.certificate, ...issued.chain].map(pemOf).join(''),
      key: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      root: pemOf(chain.at(-1) ?? new Uint8Array()),
    },
  };
}

async function loaded(load: ChildProcess, wanted: EapLoad): Promise<EapLoaded> {
  load.send(wanted);
  const [done] = (await once(load, 'message')) as [EapLoaded]; // What the load sends.
  if (done.error !== undefined) throw new Error(done.error);
  return done;
}

async function beside(
  version: (typeof VERSIONS)[number],
  how: keyof Prepared['doors'],
  { doors, server, client }: Prepared,
  load: ChildProcess,
  { quick, pairs, progress }: BenchRun,
): Promise<Part> {
  const count = quick ? 400 : 1000;
  const warmUps = quick ? 1 : WARM_UPS;
  const { secret, root } = client;
  const peer = await startFreeRadius({ secret, root, ...server, group: 'prime256v1' });
  const common = { ...client, version, group: GROUP, count, inFlight: IN_FLIGHT };
  const rounds = { ours: 0, peer: 0 };
  try {
    const measured = await inPairs(
      {
        async ours() {
          const before = process.cpuUsage();
          const { authentication: port } = doors[how].ports();
          rounds.ours = (await loaded(load, { ...common, port })).rounds;
          const { user, system } = process.cpuUsage(before);
          return (count * 1_000_000) / (user + system);
        },
        async peer() {
          const before = peer.seconds();
          rounds.peer = (await loaded(load, { ...common, port: peer.port })).rounds;
          return count / (peer.seconds() - before);
        },
      },
      {
        pairs,
        warmUps,
        onRun: progress(`Handshakes with ${version}, ${how}`, runsOf(pairs, warmUps)),
      },
    );
    return shareOf(
      {
        name: `${version.replace('TLSv', 'TLS ')}, ${how}`,
        ours: `full EAP-TLS handshakes with ${version} and P-256, ${IN_FLIGHT} at a time from a process of their own, ${HOW[how]}, per second of all the server's processor time`,
        against:
          'FreeRADIUS with the same certificates, groups and sizes of pieces, which judges nothing but the chain and writes nothing',
        unit: '/s',
      },
      measured,
      1,
      [
        { what: 'requests a handshake', value: rounds.ours, unit: '' },
        { what: 'requests a handshake, FreeRADIUS', value: rounds.peer, unit: '' },
      ],
    );
  } finally {
    await peer.close();
  }
}

/** As many as there may be, of which as many have a tunnel as may; in a process that does nothing else. */
async function underWay({ progress }: BenchRun): Promise<Part> {
  const { most, mostTunnels } = eapLimits;
  const onRun = progress('Conversations under way', 1);
  const child = fork(new URL('./house/eap-in-flight.ts', import.meta.url), { stdio: 'inherit' });
  try {
    child.send({ most, mostTunnels });
    const [done] = (await once(child, 'message')) as [InFlight]; // What it sends.
    onRun();
    return within(
      {
        name: 'under way',
        ours: `memory of a server with ${most} conversations under way, of which ${mostTunnels} wait in the middle of a handshake of TLS 1.3`,
        against: '1 GiB',
        unit: 'MiB',
      },
      [done.after],
      GIBIBYTE,
      [
        { what: 'before', value: done.before, unit: 'MiB' },
        { what: 'each tunnel', value: done.eachTunnel, unit: 'KiB' },
        { what: 'each of the others', value: done.eachOther, unit: 'KiB' },
      ],
    );
  } finally {
    child.kill();
  }
}
