export { CountedTrail, type Trace } from './counted-trail.js';
