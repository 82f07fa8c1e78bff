import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

import { Ids } from '#kernel';

@Injectable()
export class SystemIds extends Ids {
  uuid(): string {
    return v7();
  }

  secret(bits = 256): string {
    return randomBytes(bits / 8).toString('base64url');
  }
}
