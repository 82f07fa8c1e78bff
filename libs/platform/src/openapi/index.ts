export { describeApi } from './describe-api.js';
export { DocsModule } from './docs.module.js';
export { documentedPath } from './routes.js';
export { operationsOf } from './schemas.js';
export { ServedDocument } from './served-document.js';
