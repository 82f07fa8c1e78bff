/** The only source of identifiers and randomness in domain and application code. */
export abstract class Ids {
  /** A UUIDv7 (RFC 9562 §5.7): unguessable in its 74 random bits, ordered in time for the index. */
  abstract uuid(): string;

  /** `bits` (default 256) from the operating system's CSPRNG, base64url without padding. */
  abstract secret(bits?: number): string;
}
