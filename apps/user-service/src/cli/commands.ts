import { DomainError } from '#kernel';

import { ACCOUNT_COMMANDS } from './account-commands.js';
import { AUDIT_COMMANDS } from './audit-commands.js';
import { API_KEY_COMMANDS } from './api-key-commands.js';
import { AUDIT_PROOF_TOOLS } from './audit-proof-tools.js';
import { CommandRefused, type Command, type Tool } from './command.js';
import { drainLegacyAudit } from './drain-command.js';
import { importUsers } from './import-command.js';
import { MAIL_COMMANDS } from './mail-commands.js';
import { signingKeys } from './signing-key-tool.js';
import { SESSION_COMMANDS } from './session-commands.js';

export const COMMANDS: Readonly<Record<string, Command>> = {
  ...ACCOUNT_COMMANDS,
  ...API_KEY_COMMANDS,
  ...SESSION_COMMANDS,
  ...AUDIT_COMMANDS,
  ...MAIL_COMMANDS,
  'import-users': importUsers,
  'drain-legacy-audit': drainLegacyAudit,
};

/** Run without configuration and database. */
export const TOOLS: Readonly<Record<string, Tool>> = { 'signing-keys': signingKeys, ...AUDIT_PROOF_TOOLS };

/** One line for the operator; `undefined` for what is no refusal but a defect or an outage. */
export function refusalOf(error: unknown): string | undefined {
  if (error instanceof CommandRefused) return error.message;
  if (error instanceof DomainError) {
    const reasons = error.extensions?.['reasons'];
    return Array.isArray(reasons) ? `${error.message}: ${reasons.join(', ')}` : error.message;
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS') ? (error as Error).message : undefined;
}
