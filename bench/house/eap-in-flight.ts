/** A server of EAP whose peers all stop in the middle: a process of its own, so that its memory is theirs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openEapHouse } from '../../test/eap/eap-house.ts';
import { createSupplicant } from '../../test/support/eap-supplicant.ts';

export interface InFlight {
  /** MiB. */
  readonly before: number;
  readonly after: number;
  /** KiB. */
  readonly eachTunnel: number;
  readonly eachOther: number;
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const MIB = 2 ** 20;
const NAMED = Buffer.from('020100060161', 'hex');
const START = Buffer.from('0101 0006 0d20'.replaceAll(' ', ''), 'hex');

function inUse(): number {
  collect();
  return process.memoryUsage.rss() / MIB;
}

async function run(most: number, mostTunnels: number): Promise<InFlight> {
  const opened = await openEapHouse({ limits: { most, mostTunnels } });
  const sensor = await opened.device('sensor-1');
  const supplicant = createSupplicant({
    identity: 'sensor-1',
    most: 2000,
    tls: { ca: opened.root, cert: sensor.cert, key: sensor.key, minVersion: 'TLSv1.3' },
  });
  const hello = await supplicant.answer(START);
  if (hello === undefined) throw new Error('there is nothing to begin with');
  const before = inUse();
  const others = most - mostTunnels;
  for (let i = 0; i < others; i++) await opened.eap.begin(opened.round(NAMED));
  const between = inUse();
  for (let i = 0; i < mostTunnels; i++) {
    const begun = await opened.eap.begin(opened.round(NAMED));
    if (begun.state !== 'challenge') throw new Error('a conversation did not begin');
    const says = hello.slice();
    says[1] = begun.eap[1] ?? 0;
    const answer = await opened.eap.continue(begun.conversation, opened.round(says));
    if (answer.state !== 'challenge') throw new Error('a tunnel did not begin');
  }
  const after = inUse();
  if (opened.eap.inFlight !== most) throw new Error(`${opened.eap.inFlight} are under way`);
  return {
    before,
    after,
    eachTunnel: ((after - between) * 1024) / mostTunnels,
    eachOther: ((between - before) * 1024) / Math.max(1, others),
  };
}

process.on('message', (wanted) => {
  const { most, mostTunnels } = wanted as { most: number; mostTunnels: number }; // What the bench sends.
  run(most, mostTunnels).then((done) => process.send?.(done));
});
