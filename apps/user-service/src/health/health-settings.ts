/** Bound by the composition root from configuration. */
export abstract class HealthSettings {
  /** PostgreSQL; health has one connection of its own, so that a busy pool does not look like a lost database. */
  abstract readonly databaseUrl: string;
  /** Names that must be in the migrations table before requests can be served. */
  abstract readonly migrations: readonly string[];
  abstract readonly auditServiceUrl: string;
  /** A path on the file system whose free space matters. */
  abstract readonly diskPath: string;
}

/** What keeps audit events from leaving, beside an Audit Service that is away. Bound by the composition root. */
export abstract class AuditBacklog {
  abstract readonly trouble: 'backlog' | 'key_refused' | undefined;
}

/** Whether the shared cache answers. Bound by the composition root. */
export abstract class CacheProbe {
  /** False: there is none, and the stand-in inside of the process never fails. */
  abstract readonly configured: boolean;
  /** Rejects, or does not settle, when the cache cannot be reached. */
  abstract ping(): Promise<void>;
}
