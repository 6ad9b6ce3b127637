import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBase64 } from '../../server/kernel/bytes.ts';
import { checkpointText, openCheckpoint, readCheckpoint } from '../../server/record/checkpoint.ts';
import { noteSigner, openNote, parseVkey, splitNote } from '../../server/record/note.ts';

/** golang.org/x/mod/sumdb/note, note_test.go. */
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const SKEY = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const ENOCH_VKEY = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const ENOCH =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';

const peter = parseVkey(VKEY)!;
const enoch = parseVkey(ENOCH_VKEY)!;
const seed = fromBase64(SKEY)!.subarray(1);

test('the reference key signs the reference note, byte for byte', () => {
  const signer = noteSigner('PeterNeumann', seed);
  assert.equal(signer.vkey, VKEY);
  assert.equal(signer.sign(TEXT), `${TEXT}\n${PETER}`);
});

test('a note is opened with any key that signed it, and others are ignored', () => {
  assert.deepEqual(openNote(`${TEXT}\n${PETER}`, peter), { state: 'signed', text: TEXT });
  assert.deepEqual(openNote(`${TEXT}\n${PETER}${ENOCH}`, enoch), { state: 'signed', text: TEXT });
  assert.deepEqual(openNote(`${TEXT}\n${PETER}`, enoch), { state: 'unsigned' });
});

test('a known key whose signature does not verify forges the whole note', () => {
  const other = `${TEXT.replace('problem', 'puzzle')}\n${PETER}`;
  assert.deepEqual(openNote(other, peter), { state: 'forged' });
  const twice = `${TEXT}\n${PETER}${PETER.replace('nAM=', 'mAM=')}`;
  assert.equal(openNote(twice, peter).state, 'forged');
});

test('what is not a note is malformed', () => {
  const notes = [
    TEXT,
    `${TEXT}\n`,
    `${TEXT}\n${PETER.slice(0, -1)}`,
    `\u0001${TEXT}\n${PETER}`,
    `${TEXT}\r\n${PETER}`,
    `${TEXT}\n${PETER}Unexpected line.\n`,
    `${TEXT}\n${PETER.replace('— P', '- P')}`,
    `${TEXT}\n${PETER.replace('PeterNeumann', 'Peter Neumann')}`,
    `${TEXT}\n${PETER.replace('nAM=', 'nAM')}`,
  ];
  for (const note of notes) assert.equal(openNote(note, peter).state, 'malformed', note);
});

test('a mangled vkey is no key', () => {
  for (let i = 0; i < VKEY.length; i++) {
    const mangled =
      VKEY.slice(0, i) + String.fromCharCode(VKEY.charCodeAt(i) + 1) + VKEY.slice(i + 1);
    assert.equal(parseVkey(mangled), undefined, mangled);
    assert.equal(parseVkey(VKEY.slice(0, i)), undefined);
  }
  // Its key id is right, its length or algorithm is not.
  const others = [
    'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
    'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  ];
  for (const other of others) assert.equal(parseVkey(other), undefined);
});

test('names that would break a line can’t name a key', () => {
  for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b']) {
    assert.throws(() => noteSigner(name, seed), /can’t name a key/);
  }
});

test('no text makes the reader of notes throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, line) => {
      splitNote(text);
      openNote(`${text}\n\n— ${line}\n`, peter);
      readCheckpoint(`${text}\n\n— ${line}\n`);
    }),
  );
});

const ROOT = fromBase64('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=')!;
const EXAMPLE =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const SIGNED = `${EXAMPLE}\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n`;

test('the checkpoint of the specification is read, and written again', () => {
  const checkpoint = readCheckpoint(SIGNED);
  assert.deepEqual(checkpoint, {
    origin: 'example.com/behind-the-sofa',
    size: 20852163,
    root: ROOT,
  });
  assert.equal(checkpointText(checkpoint!), EXAMPLE);
});

test('a checkpoint with lines of others is read, and a malformed one is not', () => {
  const signed = (text: string) => readCheckpoint(`${text}\n— a b\n`);
  assert.equal(signed(`${EXAMPLE}extension\n`)?.size, 20852163);
  for (const wrong of [
    EXAMPLE.replace('20852163', '020852163'),
    EXAMPLE.replace('20852163', '-1'),
    EXAMPLE.replace('20852163', '2e3'),
    EXAMPLE.replace('20852163', '99999999999999999999'),
    EXAMPLE.replace('q2I=', ''),
    EXAMPLE.replace('CsUY', 'Cs'),
    'example.com\n1\n',
    `\n1\n${EXAMPLE.split('\n')[2]}\n`,
  ]) {
    assert.equal(signed(wrong), undefined, wrong);
  }
});

test('openssl, which knows nothing of us, verifies a checkpoint that we signed', () => {
  const signer = noteSigner('example.com/log', seed);
  const note = signer.sign(checkpointText({ origin: 'example.com/log', size: 7, root: ROOT }));
  assert.equal(openCheckpoint(note, signer).state, 'signed');
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-note-'));
  try {
    const file = (name: string, content: string | Uint8Array) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const { text, signatures } = splitNote(note)!;
    const signature = fromBase64(signatures[0]!.split(' ')[2]!)!.subarray(4);
    const key = file('key.pem', signer.publicKey.export({ format: 'pem', type: 'spki' }));
    const verify = (body: string) =>
      execFileSync(
        'openssl',
        ['pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', key].concat([
          '-in',
          file('text', body),
          '-sigfile',
          file('signature', signature),
        ]),
        { encoding: 'utf8', stdio: 'pipe' },
      );
    assert.match(verify(text), /Signature Verified Successfully/);
    assert.throws(() => verify(text.replace('\n7\n', '\n8\n')));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
