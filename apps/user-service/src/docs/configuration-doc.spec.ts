import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from '../config.js';
import { VARIABLE_GROUPS, VARIABLES } from '../config/variables.js';
import { renderConfigurationDoc, renderEnvExample } from './configuration-doc.js';

const committed = (path: string) => readFileSync(join(import.meta.dirname, '../../../..', path), 'utf8');

describe('docs/configuration.md', () => {
  it('is what the schema says', () => {
    expect(committed('docs/configuration.md')).toBe(renderConfigurationDoc(VARIABLE_GROUPS));
  });

  it('has one row for every variable, and the file variant of every secret', () => {
    const doc = renderConfigurationDoc(VARIABLE_GROUPS);
    for (const [name, { secret }] of Object.entries(VARIABLES)) {
      expect(doc.split(`| \`${name}\` `)).toHaveLength(2);
      expect(doc.includes(`\`${name}_FILE\` `)).toBe(secret);
    }
  });
});

describe('.env.example', () => {
  const example = parseEnv(committed('.env.example'));

  it('is what the schema says', () => {
    expect(committed('.env.example')).toBe(renderEnvExample(VARIABLE_GROUPS));
  });

  it('ID-10: is refused in production for every one of its sample secrets', () => {
    const load = () => loadConfig(example);
    expect(load).toThrow(ConfigError);
    for (const name of ['JWT_SECRET', 'DATA_ENCRYPTION_KEYS', 'BLIND_INDEX_KEY', 'DATABASE_URL']) {
      expect(load).toThrow(new RegExp(`^  ${name} `, 'm'));
    }
  });

  it('starts in debug mode', () => {
    expect(loadConfig({ ...example, DEBUG: 'true' }).debug).toBe(true);
  });

  it('shows defaults that the schema accepts', () => {
    const shown = parseEnv(renderEnvExample(VARIABLE_GROUPS).replaceAll(/^# (?=[A-Z0-9_]+=)/gm, ''));
    expect(Object.keys(shown).sort()).toEqual(Object.keys(VARIABLES).sort());
    expect(loadConfig({ ...shown, DEBUG: 'true' })).toEqual(loadConfig({ ...example, DEBUG: 'true' }));
  });
});
