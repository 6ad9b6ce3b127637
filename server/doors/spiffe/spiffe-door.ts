/**
 * The SPIFFE Workload API on a Unix socket (SPIFFE_Workload_Endpoint, SPIFFE_Workload_API): programs of this machine ask who they
 * are, and get a certificate and a key that say so, without having any secret to begin with. gRPC over HTTP/2, of which it needs
 * little: a path that names the call, one message with its length before it, and a status at the end.
 *
 * Who calls is asked of the kernel once for each connection (peer-credentials.ts), and looked at again for each call and before
 * each renewal (caller.ts). In doubt there is no identity. docs/spiffe.md
 */
import { chmodSync } from 'node:fs';
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { WorkloadIdentities } from '../../gate/use-cases/workloads/identities.ts';
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Ids } from '../../kernel/id.ts';
import type { Later } from '../../kernel/later.ts';
import type { SocketDoor } from '../../kernel/socket-door.ts';
import { frame } from '../../wire/spiffe/grpc.ts';
import type { LookAtCaller } from './caller.ts';
import { begin, end, readRequest, refuse } from './grpc-stream.ts';
import type { AskPeers, PeerCredentials } from './peer-credentials.ts';
import { createPeerQueue } from './peer-queue.ts';
import { makeRoom } from './socket-place.ts';
import { createTurns } from './turns.ts';
import { createWatching } from './watching.ts';
import { createWorkloadCalls, type WorkloadCall } from './workload-calls.ts';

export interface SpiffeDoorDeps {
  readonly identities: WorkloadIdentities;
  readonly askPeers: AskPeers;
  readonly lookAt: LookAtCaller;
  readonly clock: Clock;
  readonly later: Later;
  readonly ids: Ids;
  readonly report: (fault: unknown) => void;
}

export interface SpiffeDoor extends SocketDoor {
  /** Something changed that streams tell of: they look again, and are ended where their program is nobody any more. */
  changed(): void;
}

const DOOR = 'spiffe';
const SERVICE = '/SpiffeWorkloadAPI/';
const MOST_CONNECTIONS = 1000;
const MOST_OF_A_USER = 250;
const MOST_STREAMS = 16;
const MOST_CALLS_OF_A_USER = 8;
/** Of whom it could not be told who they are; they get nothing. */
const NOBODY = -1;
/** Whatever else: a stream looks so often whether what it told is still so. */
const LOOK_EVERY = MINUTE;

export function createSpiffeDoor(deps: SpiffeDoorDeps, socketPath: string): SpiffeDoor {
  const { identities, askPeers, lookAt, clock, later, ids, report } = deps;
  const calls = createWorkloadCalls(identities);
  const peers = new WeakMap<object, Promise<PeerCredentials | undefined>>();
  const sessions = new Set<ServerHttp2Session>();
  const users = new Map<number, number>();
  const streaming = new Set<() => void>();
  const changed = () => {
    for (const look of [...streaming]) look();
  };
  const wanted = () => streaming.size > 0;
  const { mark } = identities;
  const watching = createWatching({ mark, later, wanted, changed, report });
  const askPeer = createPeerQueue(askPeers, report);
  const inTurn = createTurns(MOST_CALLS_OF_A_USER);
  let server: Http2Server | undefined;

  function accept(session: ServerHttp2Session): void {
    if (sessions.size >= MOST_CONNECTIONS) {
      session.destroy();
      return;
    }
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
    const { peer, leave } = askPeer(() => (session.destroyed ? undefined : descriptorOf(session)));
    session.on('close', leave);
    peers.set(session, peer);
    void peer.then((known) => known && bound(session, known.uid));
  }

  /** One user’s programs are not to take every place: the others’ are turned away at the same door. */
  function bound(session: ServerHttp2Session, uid: number): void {
    const own = (users.get(uid) ?? 0) + 1;
    if (own > MOST_OF_A_USER) session.destroy();
    if (session.destroyed) return;
    users.set(uid, own);
    session.on('close', () => {
      const left = (users.get(uid) ?? 1) - 1;
      if (left === 0) users.delete(uid);
      else users.set(uid, left);
    });
  }

  async function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const path = String(headers[constants.HTTP2_HEADER_PATH] ?? '');
    const grpc = /^application\/grpc(\+proto)?$/.test(headers['content-type'] ?? '');
    if (headers[constants.HTTP2_HEADER_METHOD] !== 'POST' || !grpc) {
      stream.respond({ ':status': 415 }, { endStream: true });
      return;
    }
    const name = path.startsWith(SERVICE) ? path.slice(SERVICE.length) : '';
    const call = calls.get(name);
    if (call === undefined) return refuse(stream, 'unimplemented', 'there is no such call');
    const peer = stream.session && (await peers.get(stream.session));
    const how = { door: DOOR, request: ids.next<'request'>() };
    // A header that no browser and no simple request to a URL can be made to send (SPIFFE_Workload_Endpoint §4.1).
    if (headers['workload.spiffe.io'] !== 'true') {
      await identities.refuse(peer, name, 'malformed', how);
      return refuse(stream, 'invalid-argument', 'security header missing from request');
    }
    const request = await readRequest(stream, later);
    if (!(request instanceof Uint8Array))
      return refuse(stream, request, 'the request could not be read');
    const tell = () =>
      inTurn(peer?.uid ?? NOBODY, async () => {
        const caller = peer && (await lookAt(peer));
        return call.tell(request, caller, how);
      });
    await (call.streams ? goOn(stream, tell) : tellOnce(stream, tell));
  }

  async function tellOnce(stream: ServerHttp2Stream, tell: Telling): Promise<void> {
    const told = await tell();
    if (stream.destroyed || stream.closed) return;
    if (!told.ok) return refuse(stream, told.error.status, told.error.message);
    begin(stream);
    stream.end(frame(told.value.message));
  }

  /** Tells again when what was told is half over, when something changed, and looks every minute whether anything did. */
  function goOn(stream: ServerHttp2Stream, tell: Telling): Promise<void> {
    return new Promise((resolve) => {
      let last: Uint8Array | undefined;
      let cancel: (() => void) | undefined;
      let looking = false;
      let lookAgain = false;

      const over = () => {
        streaming.delete(look);
        cancel?.();
        resolve();
      };

      async function round(): Promise<void> {
        const told = await tell();
        if (stream.destroyed || stream.closed) return;
        if (!told.ok) {
          over();
          end(stream, last !== undefined, told.error.status, told.error.message);
          return;
        }
        const { message, again } = told.value;
        if (last === undefined) begin(stream);
        if (last === undefined || Buffer.compare(last, message) !== 0) stream.write(frame(message));
        last = message;
        const wait = Math.min(
          LOOK_EVERY,
          Math.max((again ?? Number.POSITIVE_INFINITY) - clock.now(), SECOND),
        );
        cancel = later(wait, look);
      }

      function look(): void {
        if (looking) {
          lookAgain = true;
          return;
        }
        looking = true;
        cancel?.();
        round()
          .catch((fault) => {
            report(fault);
            over();
            end(stream, last !== undefined, 'unavailable', 'try again');
          })
          .finally(() => {
            looking = false;
            if (lookAgain && streaming.has(look)) {
              lookAgain = false;
              look();
            }
          });
      }

      stream.on('close', over);
      streaming.add(look);
      watching.begin();
      look();
    });
  }

  return {
    id: DOOR,

    changed,

    async start() {
      if (process.platform !== 'linux') {
        throw new Fault('door', 'the Workload API is served on Linux alone');
      }
      const lacks = askPeers.lacks?.();
      if (lacks !== undefined) throw new Fault('door', lacks);
      await makeRoom(socketPath);
      const made = createServer({
        maxSessionMemory: 1,
        settings: {
          maxConcurrentStreams: MOST_STREAMS,
          enablePush: false,
          maxHeaderListSize: 8192,
        },
      });
      server = made;
      made.on('session', accept);
      made.on('stream', (stream, headers) => {
        stream.on('error', () => stream.close());
        answer(stream, headers).catch((fault) => {
          report(fault);
          refuse(stream, 'unavailable', 'try again');
        });
      });
      await new Promise<void>((resolve, reject) => {
        made.once('error', reject);
        made.listen(socketPath, () => {
          made.off('error', reject);
          made.on('error', report);
          resolve();
        });
      });
      // Who may come this far is for the folder to say; who gets anything is for us.
      chmodSync(socketPath, 0o666);
      return [`SPIFFE Workload API on unix:${socketPath}`];
    },

    async stop() {
      const stopping = server;
      watching.end();
      server = undefined;
      if (stopping === undefined) return;
      const closed = new Promise<void>((resolve) => stopping.close(() => resolve()));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

type Telling = () => ReturnType<WorkloadCall['tell']>;

/** Node keeps the number of a socket's descriptor in its handle. Where it would not, there is no identity for anyone. */
function descriptorOf({ socket }: ServerHttp2Session): number | undefined {
  const { _handle } = socket as unknown as { readonly _handle?: { readonly fd?: unknown } };
  const fd = _handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
