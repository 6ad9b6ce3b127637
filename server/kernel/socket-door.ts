/** A door that speaks on sockets of its own, and not over HTTP. */
export interface SocketDoor {
  readonly id: string;
  /** Where it listens, for people: such as `RADIUS on udp 0.0.0.0:1812`. */
  start(): Promise<readonly string[]>;
  stop(): Promise<void>;
}
