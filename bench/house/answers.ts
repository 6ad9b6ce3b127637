/**
 * Answers of HTTP as they come over one connection, one at a time. Bytes are counted, and headers read no further than their length:
 * what asks must cost less than what answers.
 */
import type { Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;
const CHUNKED = /\r\ntransfer-encoding: chunked\r\n/i;
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Calls with each answer's body as it came; an answer that is not a 2xx ends it. */
export function onAnswers(
  socket: Socket,
  take: (body: Buffer) => void,
  fail: (error: Error) => void,
): void {
  let got: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.once('error', fail);
  socket.on('data', (part: Buffer) => {
    got = got.length === 0 ? part : Buffer.concat([got, part]);
    const head = got.indexOf(HEAD_END);
    if (head < 0) return;
    const text = got.toString('latin1', 0, head + 2);
    if (!text.startsWith('HTTP/1.1 2')) return fail(new Error(got.toString('latin1')));
    const start = head + HEAD_END.length;
    const end = CHUNKED.test(text) ? got.indexOf(LAST_CHUNK, start) : Number.NaN;
    if (end === -1) return;
    const whole = Number.isNaN(end) ? start + Number(LENGTH.exec(text)?.[1] ?? 0) : end + 5;
    if (got.length < whole) return;
    const body = got.subarray(start, whole);
    got = got.subarray(whole);
    take(body);
  });
}
