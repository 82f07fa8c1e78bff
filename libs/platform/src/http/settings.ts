/** Bounds of one HTTP server. Times in milliseconds, sizes in bytes. */
export interface HttpLimits {
  /** Time to receive one whole request. */
  readonly requestTimeout: number;
  /** Time to receive the header section; also bounds connections that never send anything. */
  readonly headersTimeout: number;
  /** Time a kept connection may idle: above the 60 s of common load balancers, so that they close first. */
  readonly keepAliveTimeout: number;
  /** How often Node looks for connections over the two limits above. */
  readonly connectionsCheckingInterval: number;
  /** Open at once; further ones are closed unread. */
  readonly maxConnections: number;
  readonly maxHeaderSize: number;
  readonly maxUrlLength: number;
  /** Characters of one path parameter. */
  readonly maxParamLength: number;
  readonly maxBodySize: number;
}

/** architecture.md, rule 11; api.md, Conventions. 16 KiB of headers is Node's own default. */
export const HTTP_LIMITS: HttpLimits = {
  requestTimeout: 15_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 72_000,
  connectionsCheckingInterval: 2_000,
  // Far more than a load balancer keeps, and far fewer than a process may have files: what is left are the connections
  // to PostgreSQL, Redis and the mail server, and files.
  maxConnections: 10_000,
  maxHeaderSize: 16_384,
  maxUrlLength: 8_192,
  maxParamLength: 256,
  maxBodySize: 65_536,
};

/** What the HTTP edge needs to know. Bound by the composition root. */
export abstract class HttpSettings {
  /** Base of the `type` URIs of problem documents; no trailing slash. */
  abstract readonly publicBaseUrl: string;
  /** True wherever `DEBUG` is false: sends `Strict-Transport-Security`. */
  abstract readonly production: boolean;
  /** Addresses and CIDR networks whose `X-Forwarded-For` is believed. Empty: nobody's. */
  abstract readonly trustedProxies: readonly string[];
  /** Exact origins, as browsers send them (`https://app.example`). */
  abstract readonly corsOrigins: readonly string[];
  /** `Access-Control-Allow-Origin: *`; never in production. */
  abstract readonly corsAllowAllOrigins: boolean;
  /** Differences from `HTTP_LIMITS`, for tests. */
  readonly limits?: Partial<HttpLimits>;
}

/** Requests per minute and caller on `/api/` routes. */
export abstract class RateLimitSettings {
  abstract readonly enabled: boolean;
  abstract readonly perMinute: number;
  /** Of one API key: a service calls for all of its users. */
  abstract readonly perMinuteOfKeys: number;
  /** How many instances share the limit when they cannot count together. */
  abstract readonly replicas: number;
}

/** The least time that answers take which must not tell whom they are about. */
export abstract class TimeFloorSettings {
  /** Of `@TimeFloor()` routes. */
  abstract readonly milliseconds: number;
  /** Of the refusals of `@RefusalTimeFloor()` routes, behind some of which there are slower hashes. */
  abstract readonly refusalMilliseconds: number;
}
