/** Knows where a person's mail goes: the stored address, never one that was typed into a form. */
export abstract class Recipients {
  /** `null` when the person is gone; the mail is then dropped. */
  abstract addressOf(userId: string): Promise<string | null>;
}
