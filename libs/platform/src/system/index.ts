export { SystemClock } from './clock.system.js';
export { makeFolder } from './folders.js';
export { SystemIds } from './ids.system.js';
export { Wake } from './wake.js';
