/** Fields of a log line. Those that `LOG_FIELDS` does not list are not written. */
export type LogFields = Readonly<Record<string, unknown>>;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Bound by the composition root from configuration. */
export abstract class LoggingSettings {
  /** The lowest level that is written. */
  abstract readonly level: LogLevel;
  /** Name of the process in aggregated logs, for example `user-service`. */
  abstract readonly service: string;
  abstract readonly version: string;
}

/**
 * The line about one finished request, of which there are more than of all others. Its members are made by us alone and
 * have one form each, so that nobody needs to look at them again: never the URL, which carries tokens and ids.
 */
export interface RequestLine {
  readonly event: 'http_request';
  /** As `requestIdOf` lets it in. */
  readonly requestId: string;
  /** W3C trace id. */
  readonly traceId: string | undefined;
  readonly method: string;
  /** The template, or `unmatched`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly outcome: 'success' | 'client_error' | 'denied' | 'error';
  readonly actorType: string;
  /** UUIDs of ours. */
  readonly actorId: string | undefined;
  readonly sessionId: string | undefined;
  /** The client's network, /24 or /48. */
  readonly client: string | undefined;
}

/**
 * The process's logger: structured fields first, then one fixed sentence. Every line should carry an `event`, the
 * stable name that searches and alerts use. Values belong into fields, not into the sentence.
 */
export abstract class AppLogger {
  abstract debug(fields: LogFields, message: string): void;
  abstract info(fields: LogFields, message: string): void;
  abstract warn(fields: LogFields, message: string): void;
  abstract error(fields: LogFields, message: string): void;
  abstract fatal(fields: LogFields, message: string): void;
  abstract request(level: 'debug' | 'info' | 'warn', line: RequestLine, message: string): void;
  /** Resolves to true when all that was logged is written out, and to false when that took longer than `withinMs`. */
  abstract flush(withinMs: number): Promise<boolean>;
}
