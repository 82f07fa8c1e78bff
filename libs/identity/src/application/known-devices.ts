/** A device on which somebody has just signed in, as it describes itself. */
export interface DeviceSighting {
  readonly userId: string;
  /** What it was given at an earlier sign-in, as it says. */
  readonly token: string | null;
  readonly name: string | null;
  readonly userAgent: string | null;
  readonly source: string | null;
  /** Its owner knows of it, having just proven who they are in another way. */
  readonly isExpected?: boolean;
}

export interface NotedDevice {
  /** What the device sends next time to be known. */
  readonly token: string;
  /** Its owner is to be told of a new device: they have others, and heard of none like this one before. */
  readonly isNews: boolean;
}

/** The devices that somebody has signed in on. */
export abstract class KnownDevices {
  /** Inside of a unit of work: none of a user's devices is known any more. */
  abstract forgetAll(userId: string): Promise<void>;
  /** Inside of a unit of work that holds the account. */
  abstract note(sighting: DeviceSighting, now: Date): Promise<NotedDevice>;
}
