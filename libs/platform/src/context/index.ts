export { RequestContext, type Actor, type RequestInfo } from './request-context.js';
