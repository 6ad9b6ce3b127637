/** Devices that ask for certificates: EST with an enrolment pass, ACME with an account and an answering host. */
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { acmeAccount, csrFor } from '../support/acme-account.ts';
import { acmeKey, answering } from '../support/acme-client.ts';
import { openEnrolmentHouse } from '../support/enrolment.ts';
import type { CallerDoor } from './caller.ts';
import { ofDevice } from './caller-network.ts';

const EST = '/.well-known/est/simpleenroll';

export const est: CallerDoor = {
  async open() {
    const house = await openEnrolmentHouse();
    const device = await house.addDevice('pump');
    const body = house.request('pump', '/CN=pump');
    const passes = await Promise.all(
      Array.from({ length: 4 }, () => house.issuePass(device, { lifetime: 7 * 86_400_000 })),
    );
    async function enrols(secret: string): Promise<boolean> {
      const authorization = `Basic ${Buffer.from(`pump:${secret}`).toString('base64')}`;
      const headers = { 'content-type': 'application/pkcs10', authorization };
      return (await house.send({ method: 'POST', path: EST, headers, body })).status === 200;
    }
    return {
      test: house,
      // A pass that can't be used stays as it was.
      async right() {
        const done = await enrols(passes[0]?.secret ?? '');
        if (done) passes.shift();
        return done;
      },
      wrong: () => enrols(`${passes[0]?.secret.slice(0, -4)}AAAA`),
      ...ofDevice(house, device),
      close: () => house.close(),
    };
  },
  granted: 'device.enrolled done',
  wrong: 'device.enrolment-refused refused wrong',
  disabled: 'device.enrolment-refused refused disabled',
  throttled: {
    because: 'A pass is 256 bits of chance; how often a network may try is told by floods.',
  },
  unreadable: 'device.enrolment-refused refused not-permitted',
};

export const acme: CallerDoor = {
  async open() {
    const house: AcmeHouse = await openAcmeHouse();
    const { one, device } = await acmeAccount(house, 'pump');
    const name = 'pump.devices.example';
    const csr = csrFor(house, 'pump', name);
    async function orders(thumbprint: string): Promise<boolean> {
      const host = await answering(house, (token) => `${token}.${thumbprint}`);
      try {
        const order = await one.order(name);
        if (order.status !== 201) return false;
        const [tried] = await one.prove(order);
        if (tried?.json?.status !== 'valid') return false;
        return (await one.finalize(order, csr)).json?.status === 'valid';
      } finally {
        await host.close();
      }
    }
    return {
      test: house,
      right: () => orders(one.own.thumbprint),
      wrong: () => orders(acmeKey().thumbprint),
      ...ofDevice(house, device),
      close: () => house.close(),
    };
  },
  granted: 'device.enrolled done',
  wrong: 'acme.challenge-tried refused',
  disabled: 'device.enrolment-refused refused disabled',
  throttled: {
    because: 'Nothing is guessed: a challenge that failed is over, and so many may be open.',
  },
  unreadable: 'device.enrolment-refused refused not-permitted',
};
