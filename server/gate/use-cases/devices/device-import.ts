/**
 * Devices from a CSV file: first looked at, with what is wrong told by line and column; then added, all of them or none. The
 * file is from elsewhere, so nothing in it is taken that could not be typed.
 */
import { DevicePurpose, Mac } from '@sallyport/contract/api/device-shapes.ts';
import { importLimits } from '@sallyport/contract/api/devices.ts';
import { OwnGroups } from '@sallyport/contract/api/owned-subjects.ts';
import { DeviceKind, deviceKinds, Serial, Zone } from '@sallyport/contract/devices.ts';
import { PlainName } from '@sallyport/contract/processes.ts';
import type { z } from 'zod';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { By } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import { isNetworkProblem, readNetwork } from '../../../subjects/device-network.ts';
import type { DeviceError, Devices, NewDevice } from '../../../subjects/devices.ts';
import { canAnswer } from '../../../subjects/owned-subject.ts';
import type { People } from '../../../subjects/people.ts';
import { readCsv } from './csv.ts';

export interface ImportProblem {
  readonly line: number;
  readonly column: string | null;
  readonly says: string;
}

export interface ImportedDevice {
  readonly line: number;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly zone: string;
  readonly owner: string;
}

export interface Imported {
  readonly applied: boolean;
  readonly devices: readonly ImportedDevice[];
  readonly problems: readonly ImportProblem[];
}

interface Row {
  readonly line: number;
  readonly device: NewDevice;
  /** What the owner signs in as. */
  readonly owner: string;
}

export interface ReadFile {
  readonly rows: readonly Row[];
  readonly problems: readonly ImportProblem[];
}

export interface DeviceImport {
  /** Without the database: what of it can be read at all. */
  read(csv: string): ReadFile;
  preview(q: Queries, file: ReadFile): Promise<Imported>;
  /** Nothing is added while there is a problem. */
  apply(tx: Tx, file: ReadFile, by: By): Promise<Result<Imported, DeviceError>>;
}

const COLUMNS = [
  'name',
  'kind',
  'owner',
  'zone',
  'serial',
  'mac',
  'addresses',
  'groups',
  'purpose',
] as const;
type Column = (typeof COLUMNS)[number];
const NEEDED: readonly Column[] = ['name', 'kind', 'owner'];
const MOST_PROBLEMS = 100;

export function createDeviceImport(deps: {
  readonly devices: Devices;
  readonly people: People;
}): DeviceImport {
  const { devices, people } = deps;

  /** What stands against each row in the database. */
  async function checked(q: Queries, { rows, problems }: ReadFile) {
    const found: ImportProblem[] = [...problems];
    const owners = new Map<string, PersonId | undefined>();
    const ready: { readonly row: Row; readonly owner: PersonId }[] = [];
    for (const row of rows) {
      const { line, device } = row;
      const wrong = (column: Column, says: string) => void found.push({ line, column, says });
      if (!owners.has(row.owner)) owners.set(row.owner, await ownerOf(q, row.owner));
      const owner = owners.get(row.owner);
      if (owner === undefined)
        wrong('owner', `nobody who can answer for it is called “${row.owner}”`);
      if ((await devices.byName(q, device.name)) !== undefined) {
        wrong('name', `there is a device “${device.name}” already`);
      }
      if (device.mac !== undefined && (await devices.byMac(q, device.mac)) !== undefined) {
        wrong('mac', 'another device has that MAC address');
      }
      if (device.serial !== undefined && (await devices.bySerial(q, device.serial)) !== undefined) {
        wrong('serial', 'another device has that serial number');
      }
      for (const network of device.addresses) {
        if (await devices.speaksFrom(q, network)) {
          wrong('addresses', `another device speaks from ${network}`);
        }
      }
      if (owner !== undefined) ready.push({ row, owner });
    }
    found.sort((a, b) => a.line - b.line);
    return { ready, found: found.slice(0, MOST_PROBLEMS) };
  }

  async function ownerOf(q: Queries, identifier: string): Promise<PersonId | undefined> {
    const person = await people.find(q, identifier);
    return canAnswer(person?.status) ? person?.id : undefined;
  }

  const shown = (rows: readonly Row[]): ImportedDevice[] =>
    rows.map(({ line, device: { name, kind, zone }, owner }) => ({
      line,
      name,
      kind,
      zone,
      owner,
    }));

  return {
    read: readDevices,

    async preview(q, file) {
      const { found } = await checked(q, file);
      return { applied: false, devices: shown(file.rows), problems: found };
    },

    async apply(tx, file, by) {
      const { ready, found } = await checked(tx, file);
      const devicesOf = shown(file.rows);
      if (found.length > 0) return ok({ applied: false, devices: devicesOf, problems: found });
      for (const { row, owner } of ready) {
        const added = await devices.add(tx, { ...row.device, owner }, by);
        if (!added.ok) return failed(added.error);
      }
      return ok({ applied: true, devices: devicesOf, problems: [] });
    },
  };
}

function readDevices(text: string): ReadFile {
  const alone = (line: number, says: string, column: string | null = null): ReadFile => ({
    rows: [],
    problems: [{ line, column, says }],
  });
  // A file that begins with U+FEFF is one of a spreadsheet; the mark is no part of the first column's name.
  const csv = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (Buffer.byteLength(csv) > importLimits.bytes) return alone(1, 'the file is larger than 1 MiB');
  const [first = ''] = csv.split(/[\r\n]/, 1);
  const separator = first.includes(';') && !first.includes(',') ? ';' : ',';
  const limits = { records: importLimits.rows + 1, field: 2048, fields: COLUMNS.length };
  const { records, problem } = readCsv(csv, separator, limits);
  if (problem !== undefined) return alone(problem.line, problem.says);
  const [head, ...rest] = records;
  if (head === undefined) return alone(1, 'the file is empty');
  const columns: Column[] = [];
  for (const field of head.fields) {
    const name = field.trim().toLowerCase();
    const column = COLUMNS.find((known) => known === name);
    if (column === undefined) {
      const called = JSON.stringify(field.slice(0, 64));
      return alone(head.line, `there is no column ${called}; there is ${COLUMNS.join(', ')}`);
    }
    if (columns.includes(column)) return alone(head.line, 'the column stands there twice', column);
    columns.push(column);
  }
  const missing = NEEDED.find((column) => !columns.includes(column));
  if (missing !== undefined) return alone(head.line, 'the column is missing', missing);
  if (rest.length === 0) return alone(head.line, 'the file names no device');

  const rows: Row[] = [];
  const problems: ImportProblem[] = [];
  const taken = new Map<string, number>();
  for (const { line, fields } of rest) {
    if (fields.length !== columns.length) {
      const says = `it has ${fields.length} fields, and the first line names ${columns.length} columns`;
      problems.push({ line, column: null, says });
      continue;
    }
    const given = Object.fromEntries(columns.map((column, i) => [column, fields[i]?.trim() ?? '']));
    const before = problems.length;
    const row = readRow(line, given as Partial<Record<Column, string>>, problems); // The columns are of the list.
    for (const [column, word] of row === undefined ? [] : onceEach(row.device)) {
      const where = taken.get(`${column} ${word}`);
      if (where === undefined) taken.set(`${column} ${word}`, line);
      else problems.push({ line, column, says: `line ${where} has the same` });
    }
    if (row !== undefined && problems.length === before) rows.push(row);
  }
  return { rows, problems };
}

const onceEach = ({ name, mac, serial, addresses }: NewDevice): (readonly [Column, string])[] => [
  ['name', name],
  ...(mac === undefined ? [] : [['mac', mac] as const]),
  ...(serial === undefined ? [] : [['serial', serial] as const]),
  ...addresses.map((network) => ['addresses', network] as const),
];

/** What a spreadsheet would compute: nobody's serial number, and no purpose. */
const FORMULA = /^[=+@]/;

function readRow(
  line: number,
  given: Readonly<Partial<Record<Column, string>>>,
  problems: ImportProblem[],
): Row | undefined {
  const before = problems.length;
  const wrong = (column: Column, says: string) => void problems.push({ line, column, says });
  function take<T>(column: Column, shape: z.ZodType<T>, value: unknown, instead: T): T {
    const read = shape.safeParse(value);
    if (read.success) return read.data;
    wrong(column, read.error.issues[0]?.message ?? 'is not of its form');
    return instead;
  }
  const {
    name = '',
    kind = '',
    owner = '',
    zone = '',
    serial = '',
    mac = '',
    purpose = '',
  } = given;
  const known = DeviceKind.safeParse(kind.toLowerCase());
  if (!known.success) wrong('kind', `must be one of ${deviceKinds.join(', ')}`);
  if (owner === '') wrong('owner', 'must name who answers for it');
  for (const [column, text] of [
    ['serial', serial],
    ['purpose', purpose],
  ] as const) {
    if (FORMULA.test(text)) wrong(column, 'must not begin as a formula of a spreadsheet does');
  }
  const words = (column: Column) => (given[column] ?? '').split(/[\s|]+/).filter((w) => w !== '');
  const addresses = words('addresses').map((text) => {
    const read = readNetwork(text);
    if (isNetworkProblem(read)) wrong('addresses', `${text.slice(0, 64)} ${NETWORK_SAYS[read]}`);
    return read;
  });
  const device: NewDevice = {
    name: take('name', PlainName, name, ''),
    kind: known.success ? known.data : 'other',
    owner: undefined,
    zone: take('zone', Zone, zone, ''),
    serial: serial === '' ? undefined : take('serial', Serial, serial, ''),
    mac: mac === '' ? undefined : take('mac', Mac, mac, ''),
    addresses: [...new Set(addresses)],
    groups: take('groups', OwnGroups, words('groups'), []),
    purpose: take('purpose', DevicePurpose, purpose, ''),
  };
  return problems.length === before ? { line, device, owner } : undefined;
}

const NETWORK_SAYS = {
  malformed: 'is no network and no address',
  'host-bits': 'is no network: it has bits set behind its length',
  'too-wide': 'is wider than any device speaks from',
} as const;
