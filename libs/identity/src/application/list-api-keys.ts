import { Injectable } from '@nestjs/common';

import { ApiKeyQueries, type ApiKeyListing } from './api-key-ports.js';

/** Every key, the dead ones too, and never what would prove one. */
@Injectable()
export class ListApiKeys {
  constructor(private readonly queries: ApiKeyQueries) {}

  execute(): Promise<ApiKeyListing[]> {
    return this.queries.list();
  }
}
