import { describeApiKeys } from './api-keys.contract.js';
import { inMemoryIdentityPorts } from './identity-ports.js';
import { describeOneTimeTokens } from './one-time-tokens.contract.js';
import { describeSignInAttempts } from './sign-in-attempts.contract.js';
import { describeUserQueries } from './user-queries.contract.js';
import { describeUserRepository } from './user-repository.contract.js';

describeUserRepository('in memory', inMemoryIdentityPorts);
describeSignInAttempts('in memory', inMemoryIdentityPorts);
describeUserQueries('in memory', inMemoryIdentityPorts);
describeOneTimeTokens('in memory', inMemoryIdentityPorts);
describeApiKeys('in memory', inMemoryIdentityPorts);
