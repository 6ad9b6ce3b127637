import assert from 'node:assert/strict';
import { concat } from '../../server/kernel/bytes.ts';
import { frame, grpcMessage, unframe } from '../../server/wire/spiffe/grpc.ts';
import { readJwtSvidRequest, readValidateRequest } from '../../server/wire/spiffe/messages.ts';
import { numberField, readFields, textField } from '../../server/wire/spiffe/protobuf.ts';
import { fuzz } from '../support/fuzz.ts';

/** As long as the door takes them. */
const MOST = 65_536;

fuzz('requests of the Workload API', {
  seeds: [
    frame(concat(textField(1, 'a'), textField(1, 'b'), textField(2, 'spiffe://a/b'))),
    frame(concat(textField(1, 'audience'), textField(2, 'a.b.c'), numberField(3, 300))),
    frame(new Uint8Array()),
  ],
  edges: [0x08, 0x0a, 0x12],
  most: MOST,
  mend(bytes) {
    if (bytes.length >= 5) {
      bytes[0] = 0;
      new DataView(bytes.buffer).setUint32(1, bytes.length - 5);
    }
    return bytes;
  },
  read(bytes) {
    const [early, late] = [unframe(bytes, MOST, false), unframe(bytes, MOST, true)];
    if (early.state !== 'more') assert.deepEqual(late, early);
    const message = late.state === 'whole' ? late.message : bytes;
    grpcMessage(Buffer.from(bytes.subarray(0, 100)).toString('latin1'));
    readJwtSvidRequest(message);
    readValidateRequest(message);
    return late.state === 'whole' && readFields(message) !== undefined;
  },
});
