import { Readable } from 'node:stream';

/** An answer in lines, each a JSON value, sent as they are made; and where the next page is. */
export class Lines {
  readonly #lines: AsyncIterable<string>;
  /** Below the API’s address; undefined when this is the last page. */
  readonly next: string | undefined;
  constructor(lines: AsyncIterable<string>, next: string | undefined) {
    this.#lines = lines;
    this.next = next;
  }

  stream(): Readable {
    const lines = this.#lines;
    return Readable.from(
      (async function* () {
        for await (const line of lines) yield `${line}\n`;
      })(),
    );
  }
}
