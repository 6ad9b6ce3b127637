/**
 * The shape of a door that speaks HTTP. It frames bytes and asks the gate; the listener (listener.ts) starts and stops once for
 * all doors, and gives each request its limits, headers, id and source before any route sees it.
 *
 * To add one: a folder in doors/ with a factory `createXDoor(deps): HttpDoor`, which gets all it needs as arguments, the gate and
 * the clock among them; doors/ops/ops-door.ts is the shortest to copy. `mount` declares the routes and `refuse` tells what the
 * listener refused in the door's own form. Its prefix must be no other door's. Then its line in main/doors.ts, which says what
 * else is to be done.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Post } from './posts.ts';
import type { HttpRefusal } from './refusal.ts';

/**
 * Answers given before any route is looked for, where many thousands a second are asked for. Nothing was checked of such a
 * request but that it is HTTP: neither its Host nor its headers, and no header is on its answer. It must not throw.
 */
export interface EarlyAnswers {
  readonly prefix: string;
  answer(request: IncomingMessage, response: ServerResponse): void;
}

/** What a door that speaks HTTP gives to the listener. */
export interface HttpDoor {
  readonly id: string;
  /** The door answers for every path that starts with this; of several the longest counts. */
  readonly prefix: string;
  readonly early?: EarlyAnswers;
  /** What is answered without the router when it comes as programs send it. The same has to be among its routes, for all else. */
  readonly posts?: readonly Post[];
  /**
   * What it answers under whatever name it is asked for, or none (HTTP/1.0): whole paths, and beginnings that end in a slash. Only
   * for what is the same for everyone who may have it, so that nothing is gained by leading a browser there.
   */
  readonly anyHost?: readonly string[];
  /** The same where it is asked by an address and not by a name: nobody else's page can have that in Host (DNS rebinding). */
  readonly byAddress?: readonly string[];
  /** Declares routes. Input is read by `fitForm`, `fitQuery` or `fitJson`, each with a strict schema. */
  mount(app: FastifyInstance): void;
  /** Answers a refusal in the door's own form, a page or problem+json; status and Retry-After are set already. */
  refuse(request: FastifyRequest, reply: FastifyReply, refused: HttpRefusal): void;
}
