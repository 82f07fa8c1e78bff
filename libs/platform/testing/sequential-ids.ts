import { Ids } from '#kernel';

/** Ids and secrets that a test can foresee, in the form of the real ones. */
export class SequentialIds extends Ids {
  #uuids = 0;
  #secrets = 0;

  /** `01938a6e-0000-7000-8000-000000000001`, then `…2`. */
  uuid(): string {
    this.#uuids += 1;
    return `01938a6e-0000-7000-8000-${String(this.#uuids).padStart(12, '0')}`;
  }

  /** As long as the real one in base64url; only the last characters count up. */
  secret(bits = 256): string {
    this.#secrets += 1;
    return String(this.#secrets).padStart(Math.ceil(bits / 6), 's');
  }
}
