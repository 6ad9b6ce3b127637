/**
 * Name constraints (RFC 5280 §4.2.1.10): chains that OpenSSL made, judged here and by `openssl verify`, which have to agree; then
 * what no OpenSSL writes.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { namesWithin } from '../../server/authority/x509/name-rules.ts';
import { integer, oid, sequence, setOf, tagged } from '../../server/wire/der/der-writer.ts';
import { type Certificate, readCertificate } from '../../server/wire/x509/certificate.ts';
import { readNameConstraints } from '../../server/wire/x509/name-constraints.ts';
import { computed } from '../support/computed.ts';
import { CLI, openX509House, type X509House } from './x509-house.ts';

interface Case {
  /** Of the CA between root and leaf. */
  readonly constraints: string;
  /** The alternative names of the leaf; none where it is left out. */
  readonly names?: string;
  readonly subject?: string;
  readonly good: boolean;
}

const SUBJECT = '/O=Plant/CN=plc';

/** Both verdicts of each form, at its edges. */
const CASES: readonly Case[] = [
  { constraints: 'permitted;DNS:example.com', names: 'DNS:example.com', good: true },
  { constraints: 'permitted;DNS:example.com', names: 'DNS:a.b.example.com', good: true },
  { constraints: 'permitted;DNS:example.com', names: 'DNS:A.EXAMPLE.com', good: true },
  { constraints: 'permitted;DNS:example.com', names: 'DNS:*.example.com', good: true },
  { constraints: 'permitted;DNS:example.com', names: 'DNS:badexample.com', good: false },
  { constraints: 'permitted;DNS:example.com', names: 'DNS:example.com.evil.org', good: false },
  {
    constraints: 'permitted;DNS:example.com',
    names: 'DNS:a.example.com,DNS:example.org',
    good: false,
  },
  { constraints: 'permitted;DNS:.example.com', names: 'DNS:a.example.com', good: true },
  { constraints: 'permitted;DNS:.example.com', names: 'DNS:example.com', good: false },
  {
    constraints: 'permitted;DNS:example.com,permitted;DNS:example.org',
    names: 'DNS:x.example.org',
    good: true,
  },
  {
    constraints: 'permitted;DNS:example.com,excluded;DNS:lab.example.com',
    names: 'DNS:a.example.com',
    good: true,
  },
  {
    constraints: 'permitted;DNS:example.com,excluded;DNS:lab.example.com',
    names: 'DNS:a.lab.example.com',
    good: false,
  },
  {
    constraints: 'excluded;DNS:example.com,permitted;DNS:example.com',
    names: 'DNS:example.com',
    good: false,
  },
  { constraints: 'excluded;DNS:example.com', names: 'DNS:example.org', good: true },
  { constraints: 'permitted;DNS:example.com', names: 'IP:192.0.2.1', good: true },
  { constraints: 'permitted;DNS:example.com', good: true },
  { constraints: 'permitted;DNS:example.com', subject: '/CN=plc.example.org', good: false },
  { constraints: 'permitted;DNS:example.com', subject: '/CN=plc.example.com', good: true },
  { constraints: 'permitted;IP:192.0.2.0/255.255.255.0', names: 'IP:192.0.2.77', good: true },
  { constraints: 'permitted;IP:192.0.2.0/255.255.255.0', names: 'IP:192.0.3.77', good: false },
  { constraints: 'permitted;IP:192.0.2.0/255.255.255.0', names: 'IP:2001:db8::1', good: false },
  { constraints: 'permitted;IP:2001:db8::/ffff:ffff::', names: 'IP:2001:db8::1', good: true },
  { constraints: 'permitted;IP:2001:db8::/ffff:ffff::', names: 'IP:2001:db9::1', good: false },
  { constraints: 'excluded;IP:0.0.0.0/0.0.0.0', names: 'IP:192.0.2.77', good: false },
  { constraints: 'excluded;IP:0.0.0.0/0.0.0.0', names: 'IP:2001:db8::1', good: true },
  { constraints: 'permitted;email:example.com', names: 'email:ada@example.com', good: true },
  { constraints: 'permitted;email:example.com', names: 'email:ada@EXAMPLE.com', good: true },
  { constraints: 'permitted;email:example.com', names: 'email:ada@a.example.com', good: false },
  { constraints: 'permitted;email:.example.com', names: 'email:ada@a.example.com', good: true },
  { constraints: 'permitted;email:.example.com', names: 'email:ada@example.com', good: false },
  { constraints: 'permitted;email:ada@example.com', names: 'email:ada@example.com', good: true },
  { constraints: 'permitted;email:ada@example.com', names: 'email:Ada@example.com', good: false },
  { constraints: 'permitted;email:ada@example.com', names: 'email:eve@example.com', good: false },
  { constraints: 'excluded;email:example.com', names: 'email:ada@example.com', good: false },
  {
    constraints: 'permitted;email:example.com',
    subject: '/CN=Ada/emailAddress=ada@example.org',
    good: false,
  },
  {
    constraints: 'permitted;email:example.com',
    subject: '/CN=Ada/emailAddress=ada@example.com',
    good: true,
  },
  { constraints: 'permitted;URI:example.com', names: 'URI:https://example.com/x', good: true },
  { constraints: 'permitted;URI:example.com', names: 'URI:https://example.com:8443/x', good: true },
  { constraints: 'permitted;URI:example.com', names: 'URI:spiffe://example.com/plc', good: true },
  { constraints: 'permitted;URI:example.com', names: 'URI:https://a.example.com/x', good: false },
  { constraints: 'permitted;URI:.example.com', names: 'URI:https://a.example.com/x', good: true },
  { constraints: 'permitted;URI:example.com', names: 'URI:urn:uuid:1', good: false },
  { constraints: 'excluded;URI:example.com', names: 'URI:https://example.com/', good: false },
  { constraints: 'permitted;dirName:plant', good: true },
  { constraints: 'permitted;dirName:plant', subject: '/O=PLANT/CN=plc', good: true },
  { constraints: 'permitted;dirName:plant', subject: '/O=Plants/CN=plc', good: false },
  { constraints: 'permitted;dirName:plant', subject: '/CN=plc/O=Plant', good: false },
  { constraints: 'excluded;dirName:plant', good: false },
  { constraints: 'excluded;dirName:plant', subject: '/O=Mill/CN=saw', good: true },
  { constraints: 'permitted;dirName:plant', names: 'dirName:mill', good: false },
  { constraints: 'permitted;dirName:plant', names: 'dirName:plant', good: true },
];

describe('a CA that may give some names alone', () => {
  let x: X509House;
  before(async () => {
    x = await openX509House();
    x.served.clock.advance(120_000);
  });
  after(() => x.close());

  const run = (...words: readonly string[]) =>
    execFileSync('openssl', words, { cwd: x.folder, stdio: 'pipe' }).toString();
  let made = 0;

  function make(subject: string, by: string | undefined, extensions: readonly string[]): string {
    const name = `c${made++}`;
    writeFileSync(
      join(x.folder, 'c.cnf'),
      `[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n${extensions.join('\n')}\n[plant]\nO=Plant\n[mill]\nO=Mill\n`,
    );
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    const signer = by === undefined ? [] : ['-CA', `${by}.pem`, '-CAkey', `${by}.key`];
    run(
      'req',
      '-x509',
      '-config',
      'c.cnf',
      ...key,
      ...files,
      '-days',
      '30',
      '-subj',
      subject,
      ...signer,
    );
    return name;
  }
  const ca = (subject: string, by?: string, constraints?: string) =>
    make(subject, by, [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,cRLSign',
      ...(constraints === undefined ? [] : [`nameConstraints=critical,${constraints}`]),
    ]);
  const leaf = (subject: string, by: string, names?: string) =>
    make(subject, by, [
      'basicConstraints=critical,CA:FALSE',
      'extendedKeyUsage=clientAuth',
      ...(names === undefined ? [] : [`subjectAltName=${names}`]),
    ]);

  const der = (name: string) =>
    execFileSync('openssl', ['x509', '-in', `${name}.pem`, '-outform', 'DER'], { cwd: x.folder });
  const { stringify } = JSON;

  function openssl(root: string, between: readonly string[], last: string): boolean {
    const pem = between.map((name) => readFileSync(join(x.folder, `${name}.pem`), 'utf8'));
    writeFileSync(join(x.folder, 'between.pem'), pem.join(''));
    try {
      const sent = pem.length === 0 ? [] : ['-untrusted', 'between.pem'];
      run('verify', '-CAfile', `${root}.pem`, ...sent, '-purpose', 'sslclient', `${last}.pem`);
      return true;
    } catch {
      return false;
    }
  }

  async function ours(trusted: readonly string[], ...chain: readonly string[]): Promise<boolean> {
    const { store, authority } = x.served.house;
    const trust = { name: 'Corp', trustedFor: ['device'] as const, certificates: trusted.map(der) };
    const added = await store.write((tx) => authority.trusted.add(tx, trust, CLI));
    assert.ok(added.ok, stringify(added));
    const judged = await store.read((q) => authority.judge(q, chain.map(der), 'client'));
    await store.write((tx) => authority.trusted.remove(tx, 'Corp', CLI));
    if (!judged.ok) assert.equal(judged.reason, 'not-for-this');
    return judged.ok;
  }

  it('is held to them as OpenSSL holds it', async () => {
    const root = ca('/CN=root');
    for (const each of CASES) {
      const { constraints, names, subject = SUBJECT, good } = each;
      const between = ca('/CN=between', root, constraints);
      const last = leaf(subject, between, names);
      assert.equal(await ours([root], last, between), good, `ours: ${stringify(each)}`);
      assert.equal(openssl(root, [between], last), good, `OpenSSL: ${stringify(each)}`);
    }
  });

  it('holds those below it to them as well: what one of several permits is nothing by itself', async () => {
    const root = ca('/CN=root2', undefined, 'permitted;DNS:example.com');
    const wide = ca('/CN=wide', root, 'permitted;DNS:com');
    const narrow = ca('/CN=narrow', wide, 'permitted;DNS:a.example.com');
    for (const [name, good] of [
      ['x.a.example.com', true],
      ['b.example.com', false],
      ['a.example.org', false],
    ] as const) {
      const last = leaf(SUBJECT, narrow, `DNS:${name}`);
      assert.equal(await ours([root], last, narrow, wide), good, name);
      assert.equal(openssl(root, [narrow, wide], last), good, name);
    }
    const named = make('/CN=named', wide, [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign',
      'subjectAltName=DNS:ca.example.org',
    ]);
    const below = leaf(SUBJECT, named, 'DNS:a.example.com');
    assert.equal(await ours([root], below, named, wide), false, 'names of a CA count, too');
    assert.equal(openssl(root, [named, wide], below), false);
  });

  it('holds them to those of a root also where the CA below it was imported, and ends the path', async () => {
    const root = ca('/CN=root3', undefined, 'permitted;DNS:example.com');
    const between = ca('/CN=between3', root);
    const [good, bad] = [
      leaf(SUBJECT, between, 'DNS:a.example.com'),
      leaf(SUBJECT, between, 'DNS:a.example.org'),
    ];
    assert.equal(await ours([root, between], good), true);
    assert.equal(await ours([root, between], bad), false);
    assert.equal(await ours([between], bad), true, 'nobody said what the root permits');
  });

  it('can’t give a name of a form that it speaks of and that is not understood here', async () => {
    const root = ca('/CN=root4');
    const between = ca('/CN=between4', root, 'permitted;otherName:1.2.3.4;UTF8:x');
    assert.equal(await ours([root], leaf(SUBJECT, between, 'DNS:a.example.com'), between), true);
    const upn = 'otherName:1.3.6.1.4.1.311.20.2.3;UTF8:ada@example.com';
    assert.equal(await ours([root], leaf(SUBJECT, between, upn), between), false);
  });

  it('can’t give a wildcard that is good for what is excluded', async () => {
    const root = ca('/CN=root5');
    const between = ca('/CN=between5', root, 'excluded;DNS:lab.example.com');
    assert.equal(await ours([root], leaf(SUBJECT, between, 'DNS:*.example.com'), between), false);
    assert.equal(await ours([root], leaf(SUBJECT, between, 'DNS:*.a.example.com'), between), true);
  });
});

const TREES = { dns: 0x82, email: 0x81, uri: 0x86, ip: 0x87 } as const;
const tree = (tag: number, bytes: Uint8Array) => sequence(tagged(tag, bytes));
const text = (value: string) => Buffer.from(value, 'latin1');

describe('name constraints as bytes', () => {
  it('are read where they have their form, and are nothing where they limit what nobody limits', () => {
    const dns = tree(TREES.dns, text('Example.COM'));
    const good = readNameConstraints(sequence(tagged(0xa0, dns)));
    assert.deepEqual(good, { permitted: [{ form: 'dns', base: 'example.com' }], excluded: [] });
    for (const wrong of [
      sequence(),
      sequence(tagged(0xa0)),
      sequence(tagged(0xa1, dns), tagged(0xa0, dns)),
      sequence(tagged(0xa0, dns), tagged(0xa0, dns)),
      sequence(tagged(0xa2, dns)),
      sequence(tagged(0xa0, sequence(tagged(TREES.dns, text('a')), tagged(0x80, Buffer.of(1))))),
      sequence(tagged(0xa0, sequence(tagged(TREES.dns, text('a')), tagged(0x81, Buffer.of(1))))),
      sequence(tagged(0xa0, tree(TREES.ip, Buffer.of(192, 0, 2, 1)))),
      sequence(tagged(0xa0, tree(TREES.ip, Buffer.of(192, 0, 2, 0, 255, 0, 255, 0)))),
      sequence(tagged(0xa0, tree(TREES.dns, Buffer.of(0xff)))),
      sequence(tagged(0xa0, sequence(integer(1)))).subarray(1),
    ]) {
      assert.equal(readNameConstraints(wrong), undefined, wrong.toString('hex'));
    }
  });

  it('whatever comes is read or is nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        readNameConstraints(bytes);
        readNameConstraints(sequence(tagged(0xa0, sequence(Buffer.from(bytes)))));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('names and constraints, whatever they are', () => {
  let folder: string;
  let plain: Certificate;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-names-'));
    const words =
      '-x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout k -outform DER -subj /CN=x';
    const made = readCertificate(
      execFileSync('openssl', ['req', ...words.split(' ')], { cwd: folder, stdio: 'pipe' }),
    );
    assert.ok(made);
    plain = made;
  });
  after(() => rmSync(folder, { recursive: true }));

  const named = (names: Partial<Certificate['names']>): Certificate => ({
    ...plain,
    subject: sequence(),
    commonName: '',
    names: { ...plain.names, ...names },
  });
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));

  it('a name below what is permitted is within, and one below what is excluded never is', () => {
    fc.assert(
      fc.property(host, fc.array(label, { maxLength: 3 }), host, (base, labels, other) => {
        const name = [...labels, base].join('.');
        const certificate = named({ dns: [name] });
        const of = { form: 'dns', base } as const;
        assert.equal(namesWithin({ permitted: [of], excluded: [] }, [certificate]), true);
        assert.equal(namesWithin({ permitted: [], excluded: [of] }, [certificate]), false);
        const both = { permitted: [of, { form: 'dns', base: other } as const], excluded: [of] };
        assert.equal(namesWithin(both, [certificate]), false);
        const under = name === other || name.endsWith(`.${other}`);
        const only = { permitted: [{ form: 'dns', base: other } as const], excluded: [] };
        assert.equal(namesWithin(only, [certificate]), under);
      }),
    );
  });

  it('an address is within its network, and no other', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        fc.tuple(byte, byte, byte, byte),
        fc.integer({ min: 0, max: 31 }),
        (ip, length) => {
          const bits = length === 0 ? 0 : (~0 << (32 - length)) >>> 0;
          const mask = Buffer.alloc(4);
          mask.writeUInt32BE(bits);
          const subtree = { form: 'ip', address: Uint8Array.from(ip), mask } as const;
          const flipped = [...ip];
          const at = Math.floor(length / 8);
          flipped[at] = (flipped[at] ?? 0) ^ (0x80 >> (length % 8));
          const rule = { permitted: [subtree], excluded: [] };
          // The first bit that the mask leaves open may be either; the last that it holds may not.
          assert.equal(namesWithin(rule, [named({ ip: [flipped.join('.')] })]), true);
          if (length === 0) return;
          const held = [...ip];
          const last = length - 1;
          held[Math.floor(last / 8)] = (held[Math.floor(last / 8)] ?? 0) ^ (0x80 >> (last % 8));
          assert.equal(namesWithin(rule, [named({ ip: [held.join('.')] })]), false);
        },
      ),
    );
  });

  it('no URI or mailbox is within by what stands around its host', () => {
    const rule = (form: 'uri' | 'email') => ({
      permitted: [{ form, base: 'example.com' } as const],
      excluded: [],
    });
    for (const uri of [
      'https://example.com@evil.org/',
      'https://evil.org/#@example.com',
      'https://evil.org?example.com',
      'https://evil.org\\@example.com/',
      'https://[::1]/example.com',
      'https://192.0.2.1/',
      'https:///example.com',
      'example.com',
      'https://example.com%2eevil.org/',
    ]) {
      assert.equal(namesWithin(rule('uri'), [named({ uri: [uri] })]), false, uri);
    }
    assert.equal(namesWithin(rule('uri'), [named({ uri: ['https://a:b@example.com.:1'] })]), true);
    for (const email of ['example.com', '@example.com', 'a@example.com@evil.org', 'a@', 'a@b']) {
      assert.equal(namesWithin(rule('email'), [named({ email: [email] })]), false, email);
    }
  });

  it('what excludes in a spelling that is no host’s or domain’s excludes each of its form, and permits nothing', () => {
    const leaf = named({
      dns: ['lab.example.com'],
      email: ['ada@example.com'],
      uri: ['spiffe://example.com/plc'],
    });
    const odd = ['.', ' example.com', '*.example.com', 'example.com:443', 'exämple.com', '[::1]'];
    const of = [
      ...odd.map((base) => ({ form: 'dns', base }) as const),
      ...['', ...odd].map((base) => ({ form: 'email', base }) as const),
      ...['', ...odd].map((base) => ({ form: 'uri', base }) as const),
      { form: 'email', base: 'ada@' } as const,
      { form: 'email', base: 'ada@*' } as const,
    ];
    for (const subtree of of) {
      const says = JSON.stringify(subtree);
      assert.equal(namesWithin({ permitted: [], excluded: [subtree] }, [leaf]), false, says);
      assert.equal(namesWithin({ permitted: [subtree], excluded: [] }, [leaf]), false, says);
      // Names of other forms are no matter of it, and what else is permitted is.
      const other = named(subtree.form === 'dns' ? { email: ['a@b.c'] } : { dns: ['b.c'] });
      assert.equal(namesWithin({ permitted: [], excluded: [subtree] }, [other]), true, says);
      const plain = { form: subtree.form, base: 'example.com' } as const;
      assert.equal(namesWithin({ permitted: [plain, subtree], excluded: [] }, [leaf]), true, says);
    }
    // Nothing at all is each host, by what is added on its left.
    const each = { form: 'dns', base: '' } as const;
    assert.equal(namesWithin({ permitted: [], excluded: [each] }, [leaf]), false);
    assert.equal(namesWithin({ permitted: [each], excluded: [] }, [leaf]), true);
  });

  it('a dot at the end of what is excluded leads nobody past it', () => {
    for (const [name, base] of [
      [{ dns: ['lab.example.com'] }, 'example.com.'],
      [{ dns: ['lab.example.com.'] }, '.example.com.'],
      [{ uri: ['https://example.com/'] }, 'example.com.'],
      [{ email: ['ada@example.com'] }, 'example.com.'],
      [{ email: ['ada@example.com'] }, 'ada@example.com.'],
    ] as const) {
      const form = (['dns', 'uri', 'email'] as const).find((each) => each in name) ?? 'dns';
      const certificate = named(name);
      const subtree = { form, base } as const;
      assert.equal(namesWithin({ permitted: [], excluded: [subtree] }, [certificate]), false, base);
      assert.equal(namesWithin({ permitted: [subtree], excluded: [] }, [certificate]), true, base);
    }
  });

  it('a name is the same in each kind of text that names are written in', () => {
    const organisation = (value: Uint8Array) => sequence(setOf(sequence(oid('2.5.4.10'), value)));
    const wide = (bytes: number) =>
      Buffer.concat(
        [...'Plant'].map((letter) => {
          const unit = Buffer.alloc(bytes);
          unit.writeUInt8(letter.charCodeAt(0), bytes - 1);
          return unit;
        }),
      );
    const base = ['2.5.4.10="plant"'];
    const rule = { permitted: [], excluded: [{ form: 'directory', base } as const] };
    for (const [tag, bytes] of [
      [0x0c, text('Plant')],
      [0x13, text('PLANT')],
      [0x16, text('Plant')],
      [0x14, text('Plant')],
      [0x1e, wide(2)],
      // Of four octets a letter.
      [0x1c, wide(4)],
      // Text that can't be read is nobody's.
      [0x1c, Buffer.from('00110000', 'hex')],
      [0x1c, wide(3)],
      [0x1e, wide(3)],
      [0x0c, Buffer.of(0xff)],
    ] as const) {
      const subject = organisation(tagged(tag, bytes));
      assert.equal(namesWithin(rule, [{ ...plain, subject }]), false, `${tag} ${bytes.toString()}`);
    }
    const mill = { ...plain, subject: organisation(tagged(0x1c, wide(4).subarray(4))) };
    assert.equal(namesWithin(rule, [mill]), true);
  });

  it('more names and constraints than anybody has are not within, and nobody computes long', () => {
    const many = Array.from({ length: 400 }, (_, at) => `h${at}.example.com`);
    const subtrees = many.map((base) => ({ form: 'dns', base }) as const);
    const began = computed();
    assert.equal(namesWithin({ permitted: subtrees, excluded: [] }, [named({ dns: many })]), false);
    assert.equal(
      namesWithin({ permitted: subtrees, excluded: [] }, [named({ dns: many.slice(0, 100) })]),
      true,
    );
    assert.ok(computed() - began < 500);
  });
});
