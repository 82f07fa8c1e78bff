import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { Clock } from '#kernel';
import { makeFolder } from '#platform/system';
import { Injectable } from '@nestjs/common';

import type { Mail } from './mail.js';
import { MailFileSettings, MailSettings } from './mail-settings.js';
import { MailTransport } from './mail-transport.js';
import { composeMime, toMime } from './mime.js';

/**
 * Writes each mail to a file of its own, `<UTC time>-<template>-<short id>.eml`, for running without a mail server.
 * No two names have the same time: sorted by name, the mails of this process are in the order in which they were written,
 * at the price of a time that may be some milliseconds late. Files hold live tokens, so only the owner may read them. A file appears whole or not at all.
 */
@Injectable()
export class FileMailTransport extends MailTransport {
  #lastTime = -Infinity;

  constructor(
    private readonly files: MailFileSettings,
    private readonly settings: MailSettings,
    private readonly clock: Clock,
  ) {
    super();
  }

  async send(mail: Mail): Promise<void> {
    const content = await composeMime(toMime(mail, this.settings.from, { eightBit: true }));
    await makeFolder(this.files.directory);
    // A name ending in something else than .eml until it is complete, in the same folder so that rename is atomic.
    const path = join(this.files.directory, this.nameOf(mail));
    const draft = `${path}.tmp`;
    try {
      await write(draft, content);
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  close(): void {
    // Nothing is held open between mails.
  }

  private nameOf(mail: Mail): string {
    this.#lastTime = Math.max(this.clock.now().getTime(), this.#lastTime + 1);
    const time = new Date(this.#lastTime).toISOString().replaceAll(/[-:]/g, '');
    // The end of a UUIDv7 is its random part; its beginning is the time again.
    const id = mail.id.replaceAll('-', '').slice(-8);
    return `${time}-${mail.template.replaceAll(/[^a-z0-9_]/g, '_')}-${id}.eml`;
  }
}

async function write(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    // The row is deleted next: the mail has to survive a power cut as the row would have.
    await file.sync();
  } finally {
    await file.close();
  }
}
