/** The Workload API as a program calls it: gRPC's own client for Node, by the messages that SPIFFE publishes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Client,
  credentials,
  Metadata,
  makeClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** SPIFFE_Workload_API, appendix A, with the names and numbers alone. */
const PROTO = `
syntax = "proto3";
import "google/protobuf/struct.proto";
message X509SVIDRequest {}
message X509SVID { string spiffe_id = 1; bytes x509_svid = 2; bytes x509_svid_key = 3; bytes bundle = 4; string hint = 5; }
message X509SVIDResponse { repeated X509SVID svids = 1; repeated bytes crl = 2; map<string, bytes> federated_bundles = 3; }
message X509BundlesRequest {}
message X509BundlesResponse { repeated bytes crl = 1; map<string, bytes> bundles = 2; }
message JWTSVIDRequest { repeated string audience = 1; string spiffe_id = 2; }
message JWTSVID { string spiffe_id = 1; string svid = 2; string hint = 3; }
message JWTSVIDResponse { repeated JWTSVID svids = 1; }
message JWTBundlesRequest {}
message JWTBundlesResponse { map<string, bytes> bundles = 1; }
message ValidateJWTSVIDRequest { string audience = 1; string svid = 2; }
message ValidateJWTSVIDResponse { string spiffe_id = 1; google.protobuf.Struct claims = 2; }
service SpiffeWorkloadAPI {
  rpc FetchX509SVID(X509SVIDRequest) returns (stream X509SVIDResponse);
  rpc FetchX509Bundles(X509BundlesRequest) returns (stream X509BundlesResponse);
  rpc FetchJWTSVID(JWTSVIDRequest) returns (JWTSVIDResponse);
  rpc FetchJWTBundles(JWTBundlesRequest) returns (stream JWTBundlesResponse);
  rpc ValidateJWTSVID(ValidateJWTSVIDRequest) returns (ValidateJWTSVIDResponse);
}`;

export interface FetchedSvid {
  readonly spiffe_id: string;
  readonly x509_svid: Buffer;
  readonly x509_svid_key: Buffer;
  readonly bundle: Buffer;
}

// biome-ignore lint/suspicious/noExplicitAny: what a call answers is told by the proto file, and read by the test.
type Answer = any;

export interface WorkloadClient {
  /** The first answer of a call, streaming or not. Rejects with gRPC's error. */
  ask(call: string, request?: object, metadata?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A call that goes on. */
  open(call: string): { next(): Promise<Answer>; cancel(): void };
  close(): void;
}

const HEADER = { 'workload.spiffe.io': 'true' };
const STREAMS = ['FetchX509SVID', 'FetchX509Bundles', 'FetchJWTBundles'];

export function workloadClient(socket: string, folder: string): WorkloadClient {
  const file = join(folder, 'workload.proto');
  writeFileSync(file, PROTO);
  const service = loadSync(file, { keepCase: true, defaults: true }).SpiffeWorkloadAPI;
  // The loader tells a service and a message apart by their shape alone.
  const Made = makeClientConstructor(service as never, 'SpiffeWorkloadAPI');
  const client = new Made(`unix:${socket}`, credentials.createInsecure());
  const call = (name: string) =>
    (client as unknown as Record<string, (...args: unknown[]) => Answer>)[name]?.bind(client);

  const withHeaders = (headers: Readonly<Record<string, string>>) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return metadata;
  };

  return {
    ask: (name, request = {}, metadata = HEADER) =>
      new Promise((resolve, reject) => {
        if (!STREAMS.includes(name)) {
          call(name)?.(
            request,
            withHeaders(metadata),
            (error: ServiceError | null, answer: Answer) =>
              error === null ? resolve(answer) : reject(error),
          );
          return;
        }
        const stream = call(name)?.(request, withHeaders(metadata));
        stream.on('data', (answer: Answer) => {
          stream.cancel();
          resolve(answer);
        });
        stream.on('error', reject);
      }),

    open(name) {
      const stream = call(name)?.({}, withHeaders(HEADER));
      const answers: Answer[] = [];
      const waiting: { resolve(answer: Answer): void; reject(error: unknown): void }[] = [];
      let over: unknown;
      stream.on('data', (answer: Answer) => {
        const first = waiting.shift();
        if (first) first.resolve(answer);
        else answers.push(answer);
      });
      stream.on('error', (error: unknown) => {
        over = error;
        for (const one of waiting.splice(0)) one.reject(error);
      });
      return {
        next: () =>
          new Promise((resolve, reject) => {
            if (answers.length > 0) resolve(answers.shift());
            else if (over !== undefined) reject(over);
            else waiting.push({ resolve, reject });
          }),
        cancel: () => stream.cancel(),
      };
    },

    close: () => (client as Client).close(),
  };
}
