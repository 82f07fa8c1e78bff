import { Injectable } from '@nestjs/common';

import { Wake } from '#platform/system';

/** Lets those who add events wake the one who delivers them, within this process. */
@Injectable()
export class OutboxWake extends Wake {}
