/** The only source of time in domain and application code. */
export abstract class Clock {
  abstract now(): Date;
}
