/** Reads CSV (RFC 4180), strictly: what could be read in two ways is a problem with its line, never a guess. */

export interface CsvRecord {
  /** On which line of the file it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export interface Csv {
  readonly records: readonly CsvRecord[];
  readonly problem: { readonly line: number; readonly says: string } | undefined;
}

interface Limits {
  readonly records: number;
  /** Characters of one field. */
  readonly field: number;
  readonly fields: number;
}

export function readCsv(text: string, separator: ',' | ';', limits: Limits): Csv {
  const records: CsvRecord[] = [];
  let at = 0;
  let line = 1;
  const end = (says: string, where = line): Csv => ({ records, problem: { line: where, says } });

  while (at < text.length) {
    const begins = line;
    const fields: string[] = [];
    for (let more = true; more; ) {
      let field: string;
      if (text[at] === '"') {
        const quoted = readQuoted(text, at + 1);
        if (quoted === undefined) return end('a quotation mark is never closed', begins);
        field = quoted.field;
        line += field.split('\n').length - 1;
        at = quoted.after;
        const next = text[at];
        if (next !== undefined && next !== separator && next !== '\n' && next !== '\r') {
          return end('something stands behind a closing quotation mark');
        }
      } else {
        let stop = at;
        while (stop < text.length && text[stop] !== separator && !isBreak(text[stop])) stop++;
        field = text.slice(at, stop);
        if (field.includes('"')) return end('a quotation mark stands within a field');
        at = stop;
      }
      if (field.length > limits.field)
        return end(`a field has more than ${limits.field} characters`);
      fields.push(field);
      if (fields.length > limits.fields) return end(`there are more than ${limits.fields} columns`);
      more = text[at] === separator;
      if (more) at++;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    else if (at < text.length && text[at - 1] !== '\r') return end('the line does not end');
    line++;
    // A line with nothing in it is none.
    if (fields.length === 1 && fields[0] === '') continue;
    records.push({ line: begins, fields });
    if (records.length > limits.records)
      return end(`there are more than ${limits.records} lines: make several files of it`);
  }
  return { records, problem: undefined };
}

const isBreak = (character: string | undefined) => character === '\n' || character === '\r';

function readQuoted(text: string, from: number): { field: string; after: number } | undefined {
  let field = '';
  for (let at = from; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    field += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { field, after: quote + 1 };
    field += '"';
    at = quote + 2;
  }
}
