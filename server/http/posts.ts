/**
 * Forms that programs post by the thousands in a second, answered without the router: its own objects, hooks and lists of parsers
 * cost as much as reading the request does. What is taken this way is what an honest program sends: one address, spelt as it is; one
 * kind of body, of a length that is said beforehand; a Host that is ours. All else is left to the router untouched, which refuses it
 * or reads it in its own way, so that nothing is let in here that would not be there.
 *
 * An answer goes by the same words as the router's, so that an endpoint does not know which of the two it was called by.
 */
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  ServerResponse,
} from 'node:http';
import type { Ids } from '../kernel/id.ts';
import { exactly } from './bodies.ts';
import { type HttpRefusal, refusal, refusalOf } from './refusal.ts';
import type { Headers } from './security-headers.ts';
import type { SourceAddress } from './source-address.ts';

/** What an endpoint knows of its request. The router's has this, and more. */
export interface PostRequest {
  readonly raw: IncomingMessage;
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  readonly url: string;
  readonly id: string;
  readonly source: SourceAddress;
  readonly body: unknown;
}

export interface PostReply {
  readonly raw: ServerResponse;
  code(status: number): PostReply;
  header(name: string, value: string): PostReply;
  headers(values: Readonly<Record<string, string>>): PostReply;
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>;
  /** From here on whoever has `raw` answers. */
  hijack(): PostReply;
  send(text: string): PostReply;
}

export interface Post {
  /** The whole address. */
  readonly path: string;
  readonly type: string;
  /** Bytes. */
  readonly most: number;
  read(bytes: Uint8Array): { readonly ok: boolean; readonly value?: unknown };
  answer(request: PostRequest, reply: PostReply): Promise<unknown>;
  refuse(request: PostRequest, reply: PostReply, refused: HttpRefusal): void;
}

export interface PostsDeps {
  readonly ids: Ids;
  readonly headers: Headers;
  /** Where it came from; undefined for what is not let in as it is. */
  readonly admitted: (message: IncomingMessage) => SourceAddress | undefined;
  /** Whether new requests are taken: not while the server is being stopped. */
  readonly open: () => boolean;
  readonly onFault: (id: string, fault: unknown) => void;
  readonly onAnswered: (
    id: string,
    of: { readonly path: string; readonly status: number; readonly milliseconds: number },
  ) => void;
}

const LENGTH = /^[1-9][0-9]{0,6}$/;

export function answeringPosts(
  posts: readonly Post[],
  deps: PostsDeps,
  routed: RequestListener,
): RequestListener {
  if (posts.length === 0) return routed;
  const known = new Map(posts.map((post) => [post.path, { post, ofType: exactly(post.type) }]));

  return (message, response) => {
    const found = message.method === 'POST' ? known.get(message.url ?? '') : undefined;
    const { headers } = message;
    const length = headers['content-length'] ?? '';
    const plain =
      found?.ofType(headers['content-type']) === true &&
      LENGTH.test(length) &&
      Number(length) <= found.post.most &&
      headers['transfer-encoding'] === undefined &&
      headers.expect === undefined &&
      headers.upgrade === undefined &&
      deps.open();
    const source = plain ? deps.admitted(message) : undefined;
    if (found === undefined || source === undefined) return routed(message, response);
    take(found.post, source, message, response);
  };

  function take(
    post: Post,
    source: SourceAddress,
    message: IncomingMessage,
    response: ServerResponse,
  ): void {
    const began = performance.now();
    const id = deps.ids.next<'request'>();
    const parts: Buffer[] = [];
    message.on('data', (part: Buffer) => parts.push(part));
    // Comes with the last byte that was said to come, and not at all where whoever sends goes away before.
    message.on('end', () => {
      // Nobody else would catch it, and the process would end of it.
      respond().catch((fault) => {
        deps.onFault(id, fault);
        response.destroy();
      });
    });

    async function respond(): Promise<void> {
      const [first] = parts;
      const bytes = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
      const body = post.read(bytes);
      const { headers, method = '', url = '' } = message;
      const request = { raw: message, headers, method, url, id, source, body: body.value };
      const reply = new Reply(response, { ...deps.headers, 'x-request-id': id }, (status) => {
        const milliseconds = Math.round((performance.now() - began) * 10) / 10;
        deps.onAnswered(id, { path: post.path, status, milliseconds });
      });
      if (!body.ok) return post.refuse(request, reply, refusal('bad-request'));
      try {
        await post.answer(request, reply);
      } catch (fault) {
        const refused = refusalOf(fault);
        if (refused.code === 'fault') deps.onFault(id, fault);
        if (!reply.given) post.refuse(request, reply, refused);
      }
    }
  }
}

class Reply implements PostReply {
  readonly raw: ServerResponse;
  given = false;
  #status = 200;
  readonly #headers: Record<string, string>;
  readonly #answered: (status: number) => void;

  constructor(
    raw: ServerResponse,
    headers: Record<string, string>,
    answered: (status: number) => void,
  ) {
    this.raw = raw;
    this.#headers = headers;
    this.#answered = answered;
  }

  code(status: number): this {
    this.#status = status;
    return this;
  }

  header(name: string, value: string): this {
    this.#headers[name] = value;
    return this;
  }

  headers(values: Readonly<Record<string, string>>): this {
    for (const name in values) this.#headers[name] = values[name]!; // A name that it has.
    return this;
  }

  getHeaders(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  hijack(): this {
    this.given = true;
    this.raw.once('finish', () => this.#answered(this.raw.statusCode));
    return this;
  }

  send(text: string): this {
    this.given = true;
    this.#headers['content-length'] = String(Buffer.byteLength(text));
    this.raw.writeHead(this.#status, this.#headers);
    this.raw.end(text);
    this.#answered(this.#status);
    return this;
  }
}
