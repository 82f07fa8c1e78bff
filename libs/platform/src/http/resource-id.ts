import { Injectable, Param } from '@nestjs/common';
import type { PipeTransform } from '@nestjs/common';

import { ResourceNotFound } from './errors.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What is no lower-case UUID cannot name anything here, so it is not found rather than invalid (api.md). */
@Injectable()
export class ResourceIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!UUID.test(value)) throw new ResourceNotFound();
    return value;
  }
}

/** A path parameter that is a resource's id: `@ResourceId('id') id: string`. */
export const ResourceId = (name: string): ParameterDecorator => Param(name, ResourceIdPipe);
