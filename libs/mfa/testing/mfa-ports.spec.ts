import { describeMfaOwnerPorts } from './mfa-owner-ports.contract.js';
import { inMemoryMfaPorts } from './mfa-ports.js';
import { describeMfaPorts } from './mfa-ports.contract.js';

describeMfaPorts('in memory', inMemoryMfaPorts);
describeMfaOwnerPorts('in memory', inMemoryMfaPorts);
