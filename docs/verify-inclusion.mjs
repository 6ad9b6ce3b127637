#!/usr/bin/env node
// Verifies that an event stands in a Sallyport's record, with nothing of Sallyport's own: only Node's standard library.
//
//     node verify-inclusion.mjs EVENT.tlog-proof KEY
//
// EVENT.tlog-proof is what `sallyport record prove ID` writes (https://c2sp.org/tlog-proof, with the event as extra data).
// KEY is the log's public key, `name+id+base64`, or a file that holds it. Get it from someone you trust, not with the proof.
// Prints the event and exits with 0 when the proof holds; says what is wrong and exits with 1 otherwise.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

const [proofFile, keyText] = process.argv.slice(2);
const fail = (why) => {
  console.error(`NOT VERIFIED: ${why}`);
  process.exit(1);
};
if (!proofFile || !keyText) fail('usage: node verify-inclusion.mjs EVENT.tlog-proof KEY');
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const base64 = (text) => Buffer.from(text ?? '', 'base64');

// The key (https://c2sp.org/signed-note): Ed25519 is type 1; its id is made of its name and itself.
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return fail(`${file} can't be read (${error.code})`);
  }
};
const vkey = (existsSync(keyText) ? read(keyText) : keyText).trim();
const [, name, keyId, encoded] =
  /^([^+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? fail('the key is malformed');
const typed = base64(encoded);
if (typed.length !== 33 || typed[0] !== 1) fail('the key is not an Ed25519 key');
const id = sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4);
if (id.toString('hex') !== keyId) fail('the key does not have the id that it claims');
const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), typed.subarray(1)]);
const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });

// The proof: the event, its index, the hashes on the way to the root; then, after an empty line, the checkpoint.
const text = read(proofFile);
const gap = text.indexOf('\n\n');
const [format, extra, place, ...path] = text.slice(0, gap).split('\n');
if (gap < 0 || format !== 'c2sp.org/tlog-proof@v1') fail('this is not a tlog-proof');
const event = base64(/^extra (\S+)$/.exec(extra)?.[1] ?? fail('the proof brings no event'));
const index = BigInt(/^index (\d+)$/.exec(place)?.[1] ?? fail('the proof brings no index'));
const note = text.slice(gap + 2);

// The checkpoint: three lines, signed by the key with everything up to and with the last newline before the empty line.
const end = note.lastIndexOf('\n\n') + 1;
const body = note.slice(0, end);
const [origin, sizeText, rootText] = body.split('\n');
if (origin !== name) fail(`the checkpoint is of ${origin}, not of ${name}`);
const signed = note
  .slice(end + 1)
  .split('\n')
  .some((line) => {
    const [dash, by, signature] = line.split(' ');
    const bytes = base64(signature);
    if (dash !== '—' || by !== name || !bytes.subarray(0, 4).equals(id)) return false;
    return verify(null, Buffer.from(body), publicKey, bytes.subarray(4));
  });
if (!signed) fail('the checkpoint is not signed by the key');

// The path leads from the event's hash to the root (RFC 6962 §2.1, RFC 9162 §2.1.3.2).
const size = BigInt(sizeText);
if (index >= size) fail('the index lies beyond the log');
let fn = index;
let sn = size - 1n;
let root = sha256(Buffer.of(0), event);
for (const line of path) {
  const sibling = base64(line);
  if (sibling.length !== 32 || sn === 0n) fail('the path is malformed');
  if (fn % 2n === 1n || fn === sn) {
    root = sha256(Buffer.of(1), sibling, root);
    for (; fn % 2n === 0n && fn !== 0n; sn /= 2n) fn /= 2n;
  } else {
    root = sha256(Buffer.of(1), root, sibling);
  }
  fn /= 2n;
  sn /= 2n;
}
if (sn !== 0n || !root.equals(base64(rootText)))
  fail('the path does not lead to the root that was signed');

console.log(event.toString('utf8'));
console.error(`VERIFIED: event ${index} of ${size} in ${origin}`);
