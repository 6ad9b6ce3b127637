/**
 * How values are written. Tagged ones begin with an octet that groups the attributes of one tunnel (RFC 2868 §3); it is always
 * 0 here, for the only one.
 */
export type ValueKind =
  | 'text'
  | 'octets'
  | 'integer'
  | 'address'
  | 'address6'
  | 'time'
  | 'tagged-text'
  | 'tagged-integer';

/** One attribute, as dictionaries list it. */
export type DictionaryLine = readonly [
  type: number,
  name: string,
  kind: ValueKind,
  words?: Readonly<Record<string, number>>,
];
