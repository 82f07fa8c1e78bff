import { Injectable } from '@nestjs/common';

import { Wake } from '#platform/system';

/** Lets those who add mails wake the one who sends them, within this process. */
@Injectable()
export class MailWake extends Wake {}
