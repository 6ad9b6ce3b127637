/**
 * Statements that travel together: written at once, executed one after the other, answered at once. A round trip costs both
 * sides more than most statements do, and a transaction has a dozen.
 *
 * The server skips what follows a statement that fails, up to the end of the batch. Within a transaction that changes nothing,
 * since after a failure it can only be rolled back.
 */
import { type Connection, DatabaseError, type Submittable } from 'pg';
import { Fault } from '../kernel/fault.ts';
import { createMessages, type Value } from './postgres-messages.ts';
import { type Parser, parserOf } from './postgres-types.ts';

export interface Query {
  /** Under which each connection prepares it once; a statement for a single use has none. */
  readonly name?: string;
  readonly text: string;
  readonly values: readonly Value[];
}

export interface Answer {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number;
  /** The first word of the server's answer, such as COMMIT. */
  readonly command: string;
}

export interface Item {
  readonly query: Query;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** What a statement gets that stood behind one that failed: the server did not look at it. */
export class Skipped extends Error {
  constructor(cause: unknown) {
    super('a statement before this one failed', { cause });
  }
}

interface Column {
  readonly name: string;
  readonly parse: Parser;
}

/** What a connection remembers. */
export interface Session {
  /** What it has prepared: the columns of each statement's rows, or `unknown` while they were not described yet. */
  readonly prepared: Map<string, readonly Column[] | 'unknown'>;
  /** The batch that is being answered. */
  current: Batch | undefined;
}

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

interface Running {
  readonly query: Query;
  readonly parses: boolean;
  readonly describes: boolean;
  columns: readonly Column[];
  rows: Record<string, unknown>[];
}

const NO_COLUMNS: readonly Column[] = [];

/** As the `pg` client wants a query of one's own to be: it hands over what the server answers, message by message. */
export class Batch implements Submittable {
  /** The client wraps it, to end its timer. */
  callback: (error?: unknown) => void = () => {};
  readonly #session: Session;
  readonly #items: readonly Item[];
  #running: Running[] = [];
  readonly #parsing: Running[] = [];
  /** The columns of statements that this very batch prepares, for a second use of them in it. */
  readonly #fresh = new Map<string, Running>();
  #at = 0;
  readonly #answers: Answer[] = [];
  #unreadable: unknown;
  #settled = false;

  constructor(items: readonly Item[], session: Session) {
    this.#items = items;
    this.#session = session;
  }

  #plan(item: Item): Running {
    const { name } = item.query;
    const known = name === undefined ? undefined : this.#session.prepared.get(name);
    const again = name !== undefined && this.#fresh.has(name);
    const parses = known === undefined && !again;
    const describes = parses || (known === 'unknown' && !again);
    const columns = known === undefined || known === 'unknown' ? NO_COLUMNS : known;
    const running: Running = { query: item.query, parses, describes, columns, rows: [] };
    if (parses) this.#parsing.push(running);
    if (name !== undefined && describes) this.#fresh.set(name, running);
    return running;
  }

  submit(connection: Connection): void {
    // Planned now and not before: the batch ahead of this one may have prepared some of it.
    this.#session.current = this;
    this.#running = this.#items.map((item) => this.#plan(item));
    const messages = createMessages();
    for (const { query, parses, describes } of this.#running) {
      const name = query.name ?? '';
      if (parses) messages.parse(name, query.text);
      messages.bind(name, query.values);
      if (describes) messages.describe();
      messages.execute();
    }
    messages.sync();
    if (connection.stream.writable) connection.stream.write(messages.bytes());
  }

  /** A statement was prepared: it stays so, whatever becomes of the batch. */
  handleParseComplete(): void {
    const name = this.#parsing.shift()?.query.name;
    if (name !== undefined) this.#session.prepared.set(name, 'unknown');
  }

  handleRowDescription({ fields }: RowDescription): void {
    const running = this.#running[this.#at];
    if (running === undefined) return;
    running.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: parserOf(dataTypeID),
    }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const running = this.#running[this.#at];
    if (running === undefined) return;
    const row: Record<string, unknown> = {};
    const columns = this.#columnsOf(running);
    for (let i = 0; i < columns.length; i++) {
      const { name, parse } = columns[i]!; // Within the length.
      const text = fields[i];
      try {
        row[name] = text === null || text === undefined ? null : parse(text);
      } catch (fault) {
        // Thrown from here, it would be nobody's to catch.
        this.#unreadable ??= fault;
      }
    }
    running.rows.push(row);
  }

  #columnsOf(running: Running): readonly Column[] {
    const { name } = running.query;
    const first = name === undefined ? undefined : this.#fresh.get(name);
    return first?.columns ?? running.columns;
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const running = this.#running[this.#at++];
    if (running === undefined) return;
    const { name } = running.query;
    if (name !== undefined && running.describes) this.#session.prepared.set(name, running.columns);
    const words = text.split(' ');
    const count = Number(words.at(-1));
    this.#answers.push({
      rows: running.rows,
      rowCount: Number.isInteger(count) ? count : 0,
      command: words[0] ?? '',
    });
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' });
  }

  handleReadyForQuery(): void {
    this.#settle(this.#unreadable);
  }

  handleError(error: unknown): void {
    this.#settle(error);
  }

  // A row that can't be read, or an answer to a question that nobody asked, leaves nothing to rely on.
  handlePortalSuspended(): void {
    this.#settle(new Fault('store.misuse', 'the database sent a part of the rows'));
  }

  handleCopyInResponse(connection: Connection): void {
    connection.stream.destroy();
  }

  handleCopyData(): void {}

  #settle(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    // What fails after the last statement is the commit.
    if (error !== undefined && this.#answers.length === this.#items.length) this.#answers.pop();
    this.callback(error);
    for (const [i, item] of this.#items.entries()) {
      const answer = this.#answers[i];
      if (answer !== undefined && this.#unreadable === undefined) item.resolve(answer);
      else if (i > this.#answers.length && error instanceof DatabaseError) {
        item.reject(new Skipped(error));
      } else {
        item.reject(error ?? new Fault('store.misuse', 'the database answered too little'));
      }
    }
  }
}
