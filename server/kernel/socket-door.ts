/** A door that listens by itself, on sockets of its own: RADIUS, TACACS+. */
export interface SocketDoor {
  readonly id: string;
  /** Listens; gives where, in words for people, as in `RADIUS on udp 0.0.0.0:1812`. */
  start(): Promise<readonly string[]>;
  /** Finishes what is under way, then closes. */
  stop(): Promise<void>;
}
