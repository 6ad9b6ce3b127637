import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpRefusal } from './refusal.ts';

/** What a door that speaks HTTP gives to the listener. */
export interface HttpDoor {
  readonly id: string;
  /** The door answers for every path that starts with this; of several the longest counts. */
  readonly prefix: string;
  /** Declares routes. Input is read by `fitForm`, `fitQuery` or `fitJson`, each with a strict schema. */
  mount(app: FastifyInstance): void;
  /** Answers a refusal in the door's own form, a page or problem+json; status and Retry-After are set already. */
  refuse(request: FastifyRequest, reply: FastifyReply, refused: HttpRefusal): void;
}
