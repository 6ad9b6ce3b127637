/** Looking after devices. */
import type { deviceOperations } from '@sallyport/contract/api/devices.ts';
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import { type PersonId, parseId } from '../../kernel/id.ts';
import type { DeviceChange } from '../../subjects/devices.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import {
  addedProofOfDevice,
  deviceProblem,
  deviceProofProblem,
  device as view,
} from './device-views.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';

const nothing = () => undefined;
const notFound = () => new Told('not-found');
const there = (given: string | null | undefined) => given ?? undefined;

/** What has not the form of an id of ours is nobody’s. */
function ownerOf(given: string | undefined): PersonId | undefined | Told {
  if (given === undefined) return undefined;
  return parseId<'person'>(given) ?? new Told('owner-not-found');
}

export function deviceHandlers(
  {
    deviceAdministration: devices,
    postureReports,
  }: Pick<ApiDeps, 'deviceAdministration' | 'postureReports'>,
  cursors: Cursors,
): Handlers<keyof typeof deviceOperations> {
  return {
    async listDevices({ query }, { token, arrival }) {
      const { limit = USUAL_PAGE, cursor, status, kind, zone, owner, orphaned } = query;
      const words = [status, kind, zone, owner, orphaned].map((word) => word ?? '*');
      const list = `devices ${words.join(' ')}`;
      const begins = cursors.read(list, cursor);
      if (begins instanceof Told) return begins;
      const person = owner === undefined ? undefined : parseId<'person'>(owner);
      if (owner !== undefined && person === undefined) return notFound();
      const filter = {
        ...(status === undefined ? {} : { status }),
        ...(kind === undefined ? {} : { kind }),
        ...(zone === undefined ? {} : { zone }),
        ...(person === undefined ? {} : { owner: person as PersonId }),
        ...(orphaned === undefined ? {} : { orphaned: true }),
      };
      return answered(
        await devices.list(token, filter, { limit, ...begins }, arrival),
        ({ items, next }) => ({ items: items.map(view), next: cursors.write(list, next) }),
        never,
      );
    },

    async addDevice({ body }, { token, arrival, once }) {
      const owner = ownerOf(body.owner);
      if (owner instanceof Told) return owner;
      const fresh = { ...body, owner, serial: there(body.serial), mac: there(body.mac) };
      return answered(await devices.add(token, fresh, arrival, once), view, deviceProblem);
    },

    async importDevices({ body }, { token, arrival }) {
      return answered(await devices.import(token, body, arrival), (done) => done, deviceProblem);
    },

    async showDevice({ params }, { token, arrival }) {
      return answered(await devices.show(token, params.id, arrival), view, notFound);
    },

    async changeDevice({ params, body }, { token, arrival }) {
      const { owner: given, serial, mac, ...rest } = body;
      const owner = ownerOf(given);
      if (owner instanceof Told) return owner;
      const change = {
        ...rest,
        ...(owner === undefined ? {} : { owner }),
        ...(serial === undefined ? {} : { serial: there(serial) }),
        ...(mac === undefined ? {} : { mac: there(mac) }),
      } as DeviceChange; // What is not there is left out, not undefined.
      return answered(await devices.change(token, params.id, change, arrival), view, deviceProblem);
    },

    async disableDevice({ params }, { token, arrival }) {
      return answered(await devices.disable(token, params.id, arrival), view, deviceProblem);
    },

    async enableDevice({ params }, { token, arrival }) {
      return answered(await devices.enable(token, params.id, arrival), view, deviceProblem);
    },

    async retireDevice({ params }, { token, arrival }) {
      return answered(await devices.retire(token, params.id, arrival), view, deviceProblem);
    },

    async addDeviceProof({ params, body }, { token, arrival, once }) {
      const owner = ownerOf(body.owner);
      if (owner instanceof Told) return owner;
      const [expiresAt, overlapUntil] = [body.expiresAt, body.overlapUntil].map((time) =>
        time === undefined ? undefined : Date.parse(time),
      );
      const done = await devices.addProof(
        token,
        params.id,
        { ...body, owner, expiresAt, overlapUntil },
        arrival,
        once,
      );
      return answered(done, addedProofOfDevice, deviceProofProblem);
    },

    async endDeviceProof({ params }, { token, arrival }) {
      const proof = parseId<'device-proof'>(params.proof);
      if (proof === undefined) return notFound();
      const ended = await devices.endProof(token, params.id, proof, arrival);
      return answered(ended, nothing, notFound);
    },

    async reportPosture({ body }, { arrival }) {
      const taken = await postureReports.take(body, arrival);
      if (taken.ok) return undefined;
      if (taken.error.code === 'unavailable') return new Told('unavailable', { retryAfter: 5 });
      return taken.error.code === 'throttled'
        ? new Told('throttled', { retryAfter: taken.error.retryAfter })
        : new Told('posture-refused');
    },
  };
}
