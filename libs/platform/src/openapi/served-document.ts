import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { dump } from 'js-yaml';

/** The description of the API in both forms, made when somebody asks for it first. */
@Injectable()
export class ServedDocument {
  #build: (() => OpenAPIObject) | undefined;
  #json: string | undefined;
  #yaml: string | undefined;

  /** Called by the composition root: only a whole application can be described. */
  publish(build: () => OpenAPIObject): void {
    this.#build = build;
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.build());
    return this.#json;
  }

  get yaml(): string {
    this.#yaml ??= dump(JSON.parse(this.json), { noRefs: true, lineWidth: 120 });
    return this.#yaml;
  }

  private build(): OpenAPIObject {
    if (this.#build === undefined) throw new Error('No description was published');
    return this.#build();
  }
}
