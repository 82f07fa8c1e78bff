export { HashGate, HashGateSettings, Overloaded } from './hash-gate.js';
