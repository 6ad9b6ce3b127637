/** People and devices at network devices: RADIUS by PAP and by EAP-TLS, and TACACS+. */
import type { DeviceId } from '../../server/kernel/id.ts';
import { attribute, CODE, TYPE } from '../../server/wire/radius/packet.ts';
import { openEapHouse } from '../eap/eap-house.ts';
import { createSupplicant } from '../support/eap-supplicant.ts';
import type { TestHouse } from '../support/house.ts';
import type { TestPerson } from '../support/people.ts';
import { openRadiusClient } from '../support/radius-client.ts';
import { openRadiusHouse } from '../support/radius-house.ts';
import { openTacacsHouse } from '../support/tacacs-house.ts';
import type { CallerDoor } from './caller.ts';

const BY = { door: 'cli' } as const;

/** A person is disabled and enabled again at the command line. */
export const ofPerson = ({ house }: Pick<TestHouse, 'house'>, { id }: Pick<TestPerson, 'id'>) => ({
  disable: () => house.store.write((tx) => house.acts.disable(tx, id, BY)),
  enable: () => house.store.write((tx) => house.acts.enable(tx, id, BY)),
});

export const ofDevice = (
  { house }: Pick<TestHouse, 'house'>,
  { id }: { readonly id: DeviceId },
) => ({
  disable: () => house.store.write((tx) => house.devices.disable(tx, id, BY)),
  enable: () => house.store.write((tx) => house.devices.enable(tx, id, BY)),
});

export const radius: CallerDoor = {
  async open() {
    const house = await openRadiusHouse({ tls: false });
    const client = await openRadiusClient(house.secret);
    const { ada, test } = house;
    const port = house.door.ports().authentication;
    const ask = (typed: string, state?: Uint8Array) => {
      const more = state === undefined ? [] : [{ type: TYPE.state, value: state }];
      return client.ask(client.pap('ada', typed, more), port).catch(() => undefined);
    };
    return {
      test,
      async right() {
        const first = await ask(ada.password);
        const state = first && attribute(first, TYPE.state);
        const code = state && (await ask(ada.totp.code(), state))?.code;
        return code === CODE.accessAccept;
      },
      wrong: async () => (await ask('not the password'))?.code !== CODE.accessReject,
      ...ofPerson(test, ada),
      async close() {
        await client.close();
        await house.close();
      },
    };
  },
  granted: 'login.granted granted',
  wrong: 'proof.refused refused wrong',
  disabled: 'proof.refused refused disabled',
  throttled: { after: 5, record: 'proof.refused refused throttled' },
  unreadable: 'signin.refused refused no-rung',
};

export const eapTls: CallerDoor = {
  async open() {
    const opened = await openEapHouse();
    const sensor = await opened.device('sensor-1');
    const other = await opened.device('sensor-2');
    const { eap, test } = opened;
    async function comes(as: typeof sensor): Promise<boolean> {
      const supplicant = createSupplicant({
        identity: 'sensor-1',
        tls: { ca: opened.root, cert: as.cert, key: as.key },
      });
      let answer = await eap.begin(opened.round(Buffer.from('0200000d0173656e736f722d31', 'hex')));
      while (answer.state === 'challenge') {
        const { conversation } = answer;
        const said = await supplicant.answer(answer.eap);
        if (said === undefined) break;
        answer = await eap.continue(conversation, opened.round(said));
      }
      supplicant.end();
      return answer.state === 'accept';
    }
    return {
      test,
      right: () => comes(sensor),
      wrong: () => comes(other),
      ...ofDevice(test, { id: sensor.id as DeviceId }), // It was added as one.
      close: () => opened.close(),
    };
  },
  granted: 'network.admitted granted',
  wrong: 'network.refused refused wrong',
  disabled: 'network.refused refused disabled',
  throttled: { because: 'A certificate is no guess; refusals that are alike are counted.' },
  unreadable: 'network.refused refused not-permitted',
};

export const tacacs: CallerDoor = {
  async open() {
    const house = await openTacacsHouse();
    const ada = await house.person('ada');
    const { test } = house;
    async function logsIn(password: string): Promise<boolean> {
      const client = await house.connect();
      try {
        const replies = await client.logIn({ user: 'ada' }, [password, ada.totp.code()]);
        return replies.at(-1)?.status === 1;
      } finally {
        await client.close();
      }
    }
    return {
      test,
      reports: () => house.faults.length,
      right: () => logsIn(ada.password),
      wrong: () => logsIn('not the password'),
      ...ofPerson(test, ada),
      close: () => house.close(),
    };
  },
  granted: 'login.granted granted',
  wrong: 'proof.refused refused wrong',
  disabled: 'proof.refused refused disabled',
  throttled: { after: 5, record: 'proof.refused refused throttled' },
  unreadable: 'signin.refused refused no-rung',
};
