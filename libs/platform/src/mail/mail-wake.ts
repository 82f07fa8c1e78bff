import { Injectable } from '@nestjs/common';

/** Lets those who add mails wake the one who sends them, within this process. */
@Injectable()
export class MailWake {
  #called = false;
  #wake: (() => void) | undefined;

  /** Ends the current or the next wait. */
  call(): void {
    this.#called = true;
    this.#wake?.();
  }

  /** Waits for `ms` or for a call, one that came since the last wait included. True when it was called. */
  async wait(ms: number): Promise<boolean> {
    if (!this.#called) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const called = this.#called;
    this.#called = false;
    return called;
  }
}
