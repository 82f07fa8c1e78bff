import { Injectable } from '@nestjs/common';

import { DataKeys } from '#platform/crypto';
import { Recipients, type Recipient } from '#platform/mail';
import { Database } from '#platform/persistence';

import { openUser } from './sealed-user.js';

interface Row {
  readonly id: string;
  readonly email_enc: Buffer;
  readonly profile_enc: Buffer;
  readonly wrapped_key: Buffer;
  readonly kek_id: string;
}

/** Mail goes to the stored address, whatever was typed. */
@Injectable()
export class StoredRecipients extends Recipients {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
  ) {
    super();
  }

  async find(userIds: readonly string[]): Promise<ReadonlyMap<string, Recipient>> {
    const rows = await this.database.query<Row>(
      `SELECT u.id, u.email_enc, u.profile_enc, k.wrapped_key, k.kek_id
         FROM user_service.users u JOIN user_service.user_keys k ON k.user_id = u.id WHERE u.id = ANY ($1::uuid[])`,
      [userIds],
    );
    return new Map(rows.map((row) => [row.id, { open: () => this.open(row) }]));
  }

  private open({ id, email_enc, profile_enc, wrapped_key, kek_id }: Row): ReturnType<Recipient['open']> {
    const key = this.dataKeys.unwrap(id, { wrapped: wrapped_key, kekId: kek_id });
    return { address: openUser({ id, emailEnc: email_enc, profileEnc: profile_enc }, key).email, key };
  }
}
