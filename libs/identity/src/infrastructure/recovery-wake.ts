import { Injectable } from '@nestjs/common';

import { MailWake } from '#platform/mail';

/** Lets those who note a request wake the one who looks at them, within this process. */
@Injectable()
export class RecoveryWake extends MailWake {}
