import assert from 'node:assert/strict';
import { fromBase64 } from '../../server/kernel/bytes.ts';
import { readCertificate } from '../../server/wire/ssh/certificate.ts';
import { readKrl, writeKrl } from '../../server/wire/ssh/krl.ts';
import { readKeyLine, readLine, readPublicKey } from '../../server/wire/ssh/public-key.ts';
import { readFileSignature, verifiesFile } from '../../server/wire/ssh/sshsig.ts';
import { fuzz } from '../support/fuzz.ts';
import { certificateLines, fileSignatures, keyLines, krls } from './vectors.ts';

const blobOf = (line: string) => readLine(line)?.blob ?? new Uint8Array();
/** In lines: a longer one is none of a signature's. */
function armoured(bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes)
    .toString('base64')
    .replaceAll(/.{70}(?=.)/g, '$&\n');
  return `-----BEGIN SSH SIGNATURE-----\n${base64}\n-----END SSH SIGNATURE-----\n`;
}

fuzz('keys and certificates of SSH', {
  seeds: [...Object.values(keyLines), ...Object.values(certificateLines)].map(blobOf),
  edges: [32, 64],
  read(bytes) {
    const base64 = Buffer.from(bytes).toString('base64');
    readKeyLine(`ssh-ed25519 ${base64}`);
    readLine(Buffer.from(bytes).toString('latin1'));
    readFileSignature(armoured(bytes));
    return [readPublicKey(bytes), readCertificate(bytes)].some(({ ok }) => ok);
  },
});

fuzz('signatures over files of SSH', {
  seeds: Object.values(fileSignatures).map((text) => fromBase64(text) ?? new Uint8Array()),
  edges: [6, 11, 32, 64],
  read(bytes) {
    const read = readFileSignature(armoured(bytes));
    if (read.ok) verifiesFile(read.value, read.value.namespace, bytes);
    return read.ok;
  },
});

fuzz('revocation lists of SSH', {
  seeds: Object.values(krls).map((text) => fromBase64(text) ?? new Uint8Array()),
  edges: [32, 33, 34, 35],
  read(bytes) {
    const krl = readKrl(bytes);
    // A list that was read is written and read again as it was.
    if (krl.ok && krl.value.certificates.every(({ serials }) => serials.length < 1000)) {
      const again = readKrl(writeKrl(krl.value));
      assert.ok(again.ok);
      assert.equal(again.value.version, krl.value.version);
      assert.equal(again.value.certificates.length, krl.value.certificates.length);
    }
    return krl.ok;
  },
});
