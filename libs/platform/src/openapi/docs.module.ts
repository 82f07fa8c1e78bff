import { Module } from '@nestjs/common';
import { DocsController } from './docs.controller.js';
import { ServedDocument } from './served-document.js';

/** Imported where documentation is served; elsewhere its addresses are unknown paths (HT-12). */
@Module({
  controllers: [DocsController],
  providers: [ServedDocument],
  exports: [ServedDocument],
})
export class DocsModule {}
