import type { Values, Variables } from './variable.js';
import { deliveryVariables, identityVariables, storageVariables } from './variables-data.js';
import { mfaVariables } from './variables-mfa.js';
import { httpVariables, processVariables, securityVariables } from './variables-service.js';
import { signInVariables } from './variables-sign-in.js';

/** The groups in the order of the documentation. */
export const VARIABLE_GROUPS = [
  { title: 'Process', variables: processVariables },
  { title: 'HTTP', variables: httpVariables },
  { title: 'Tokens, sessions and keys', variables: securityVariables },
  { title: 'Second factor', variables: mfaVariables },
  { title: 'PostgreSQL and Redis', variables: storageVariables },
  { title: 'Registration and passwords', variables: identityVariables },
  { title: 'Sign-in', variables: signInVariables },
  { title: 'Mail and audit', variables: deliveryVariables },
] as const satisfies readonly { title: string; variables: Variables }[];

/** Every environment variable the service reads. */
export const VARIABLES = {
  ...processVariables,
  ...httpVariables,
  ...securityVariables,
  ...mfaVariables,
  ...storageVariables,
  ...identityVariables,
  ...signInVariables,
  ...deliveryVariables,
};

export type VariableName = keyof typeof VARIABLES;

/** The parsed environment. */
export type EnvironmentValues = Values<typeof VARIABLES>;
