import { STATUS_CODES } from 'node:http';

import type { SecurityEventName } from './security-log.js';

export type Language = 'en' | 'ko';

export interface ProblemText {
  readonly title: string;
  /** Tells the caller what to do next, and an attacker nothing. */
  readonly detail: string;
}

/**
 * The text of one error code. Where one code is sent with several statuses (`token_invalid`: 400 for a mailed token,
 * 401 for a bearer token) each context defines its own.
 */
export interface LocalizedProblem {
  readonly status: number;
  readonly en: ProblemText;
  readonly ko: ProblemText;
  /** Extension members as an answer may carry them, for documentation. */
  readonly example?: Readonly<Record<string, unknown>>;
  /** What whoever watches the security log is told when this is answered. Every other 403 counts as `authz_fail`. */
  readonly securityEvent?: SecurityEventName;
}

export type ProblemTexts = Readonly<Record<string, LocalizedProblem>>;

/** One failed rule of a request. `pointer` is an RFC 6901 JSON Pointer into the body, `/query/…` or `/path/…`. */
export interface FieldProblem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** RFC 9457, with this service's `code` and `errors`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request id. */
  readonly instance: string;
  readonly code: string;
  readonly errors?: readonly FieldProblem[];
  readonly [extension: string]: unknown;
}

/** Every error code this process can answer with; knows each text in both languages. */
export class ProblemCatalogue {
  readonly #byStatusAndCode = new Map<string, LocalizedProblem>();
  readonly #byCode = new Map<string, LocalizedProblem>();

  /** Throws when two maps define the same code for the same status: one of the texts would never be seen. */
  constructor(maps: readonly ProblemTexts[]) {
    for (const [code, problem] of maps.flatMap((map) => Object.entries(map))) {
      const key = `${String(problem.status)} ${code}`;
      if (this.#byStatusAndCode.has(key))
        throw new Error(`Error code "${code}" (${String(problem.status)}) is defined twice`);
      this.#byStatusAndCode.set(key, problem);
      if (!this.#byCode.has(code)) this.#byCode.set(code, problem);
    }
  }

  /** `undefined` when no context described the code. */
  find(code: string, status?: number): LocalizedProblem | undefined {
    return this.#byStatusAndCode.get(`${String(status)} ${code}`) ?? this.#byCode.get(code);
  }

  /** The one entry of a code that has a single status, or that status. Throws when there is none, or a choice. */
  entry(code: string, status?: number): { code: string; problem: LocalizedProblem } {
    const found = this.entries().filter(
      (entry) => entry.code === code && (status === undefined || entry.problem.status === status),
    );
    const [only] = found;
    if (only === undefined || found.length > 1) {
      throw new Error(`The catalogue has ${found.length} entries for "${code}" (${String(status ?? 'any status')})`);
    }
    return only;
  }

  /** True for a code that is sent with several statuses. */
  isAmbiguous(code: string): boolean {
    return this.entries().filter((entry) => entry.code === code).length > 1;
  }

  text(code: string, status: number, language: Language): ProblemText {
    const found = this.find(code, status)?.[language];
    return found ?? { title: STATUS_CODES[status] ?? 'Error', detail: STATUS_CODES[status] ?? 'Error' };
  }

  /** All entries, ordered by code, then status. */
  entries(): { code: string; problem: LocalizedProblem }[] {
    return [...this.#byStatusAndCode]
      .map(([key, problem]) => ({ code: key.slice(key.indexOf(' ') + 1), problem }))
      .sort((a, b) => a.code.localeCompare(b.code) || a.problem.status - b.problem.status);
  }
}
