export { Lifecycle } from './lifecycle.js';
export { installShutdown } from './shutdown.js';
