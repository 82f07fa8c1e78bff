import { describeRefreshTokens } from './refresh-tokens.contract.js';
import { inMemorySessionPorts } from './session-ports.js';
import { describeSessionRepository } from './session-repository.contract.js';

describeSessionRepository('in memory', inMemorySessionPorts);
describeRefreshTokens('in memory', inMemorySessionPorts);
