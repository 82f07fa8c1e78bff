/** Where Redis is, as `REDIS_URL` says. */
export interface RedisAddress {
  /** `sentinel`: the nodes are the Sentinels, which know where the master is. `cluster`: the nodes know all others. */
  readonly mode: 'single' | 'sentinel' | 'cluster';
  /** At least one. */
  readonly nodes: readonly RedisNode[];
  /** The name under which Sentinels know the master; only with `sentinel`. */
  readonly master: string | undefined;
  /** Number of the database; a cluster has only 0. */
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** For the Sentinels themselves, which have accounts of their own; only with `sentinel`. */
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
  /** Speak TLS, to Sentinels too, and verify the certificates. */
  readonly tls: boolean;
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Where the figures go. Bound by the composition root: metrics know HTTP, and HTTP knows Redis. */
export abstract class RedisMetrics {
  /** @param kinds every value the label can have */
  abstract counter(
    name: string,
    help: string,
    label: string,
    kinds: readonly string[],
  ): { increment(kind: string): void };
  /** @param read is called when somebody looks */
  abstract gauge(name: string, help: string, read: () => number): void;
}

/** Bound by the composition root. */
export abstract class RedisSettings {
  /** Undefined: there is no Redis, and every caller has its stand-in inside of the process. */
  abstract readonly address: RedisAddress | undefined;
}
