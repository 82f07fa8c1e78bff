import type { INestApplicationContext } from '@nestjs/common';

/** What a command needs from the terminal. */
export interface Terminal {
  /** One line, not echoed where it is typed. */
  readSecret(prompt: string): Promise<string>;
  /** The result, for whoever or whatever called. */
  print(line: string): void;
  /** Words about it, for people: never part of the result. */
  note(line: string): void;
  /** Takes the place of the line it showed before; absent where nobody looks on. */
  readonly status?: ((line: string) => void) | undefined;
}

/** Told to the operator as it is; the command did nothing. */
export class CommandRefused extends Error {}

export interface Command {
  readonly usage: string;
  /** Its statements may take so long, where the service's limit is shorter. */
  readonly statementTimeoutMs?: number;
  run(app: INestApplicationContext, args: readonly string[], terminal: Terminal): Promise<void>;
}

/** A command that needs nothing of the service. */
export interface Tool {
  readonly usage: string;
  run(args: readonly string[], terminal: Terminal): Promise<void>;
}
