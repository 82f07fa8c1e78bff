import { inMemoryPasskeyPorts } from './passkey-ports.js';
import { describePasskeys } from './passkeys.contract.js';

describePasskeys('in memory', inMemoryPasskeyPorts);
