/** A call of gRPC on a stream of HTTP/2: its one message read, and its answer begun, ended or refused. */
import type { ServerHttp2Stream } from 'node:http2';
import { SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import { GRPC_STATUS, type GrpcStatus, grpcMessage, unframe } from '../../wire/spiffe/grpc.ts';

/** A JWT-SVID to validate is the longest of what is sent. */
const LONGEST_REQUEST = 64 * 1024;
const REQUEST_WITHIN = 10 * SECOND;

export function begin(stream: ServerHttp2Stream): void {
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(GRPC_STATUS.ok) }));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
}

/** Of one that told something already, the status comes behind it. */
export function end(
  stream: ServerHttp2Stream,
  begun: boolean,
  status: GrpcStatus,
  message: string,
): void {
  if (!begun) refuse(stream, status, message);
  if (!begun || stream.destroyed || stream.closed) return;
  stream.removeAllListeners('wantTrailers');
  stream.on('wantTrailers', () => stream.sendTrailers(trailers(status, message)));
  stream.end();
}

export function refuse(stream: ServerHttp2Stream, status: GrpcStatus, message: string): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  const headers = {
    ':status': 200,
    'content-type': 'application/grpc',
    ...trailers(status, message),
  };
  stream.respond(headers, { endStream: true });
}

const trailers = (status: GrpcStatus, message: string) => ({
  'grpc-status': String(GRPC_STATUS[status]),
  'grpc-message': grpcMessage(message),
});

export function readRequest(
  stream: ServerHttp2Stream,
  later: Later,
): Promise<Uint8Array | GrpcStatus> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const cancel = later(REQUEST_WITHIN, () => done('deadline-exceeded'));
    const done = (answer: Uint8Array | GrpcStatus) => {
      cancel();
      stream.removeAllListeners('data');
      stream.resume();
      resolve(answer);
    };
    const look = (ended: boolean) => {
      const found = unframe(bytes, LONGEST_REQUEST, ended);
      if (found.state === 'whole') done(found.message);
      else if (found.state === 'compressed') done('unimplemented');
      else if (found.state === 'malformed') done('invalid-argument');
    };
    stream.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      look(false);
    });
    stream.on('end', () => look(true));
    stream.on('close', () => done('invalid-argument'));
    // One without a body may have ended before anyone listened.
    if (stream.readableEnded || stream.closed) look(true);
  });
}
