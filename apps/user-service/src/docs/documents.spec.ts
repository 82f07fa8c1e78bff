import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeEvents, type DescribedEvent } from '#audit-gateway';
import { IDENTITY_PROBLEMS } from '#identity';
import { MFA_PROBLEMS } from '#mfa';
import { PLATFORM_PROBLEMS, ProblemCatalogue, validationTexts } from '#platform/http';
import { SESSION_PROBLEMS } from '#session';
import { renderErrorsDoc } from './errors-doc.js';
import { renderEventsDoc } from './events-doc.js';
import { SAMPLE_BASE_URL } from './sample-app.js';

const committed = (path: string) => readFileSync(join(import.meta.dirname, '../../../..', path), 'utf8');

describe('docs/errors.md', () => {
  const catalogue = new ProblemCatalogue([PLATFORM_PROBLEMS, IDENTITY_PROBLEMS, MFA_PROBLEMS, SESSION_PROBLEMS]);
  const doc = renderErrorsDoc(catalogue, validationTexts());

  it('is what the catalogue says', () => {
    expect(committed('docs/errors.md')).toBe(doc);
  });

  it('has one heading for every code, so that the fragment of each `type` leads to it', () => {
    for (const { code, problem } of catalogue.entries()) {
      expect(doc.split(`\n## ${code}\n`)).toHaveLength(2);
      expect(doc).toContain(`**${problem.status} ${problem.en.title}.** ${problem.en.detail}`);
      expect(doc).toContain(`**${problem.status} ${problem.ko.title}.** ${problem.ko.detail}`);
    }
  });
});

describe('docs/events.md', () => {
  const events = describeEvents(SAMPLE_BASE_URL);

  it('is what the events and their encoder say', () => {
    expect(committed('docs/events.md')).toBe(renderEventsDoc(events));
  });

  it('shows what only an operator’s command does as it is: by the system, from no session and no client', () => {
    for (const type of ['identity.roles_changed', 'access.api_key_created']) {
      const { data } = events.find((event) => event.type === type)?.envelope as { data: object };
      expect(data).toMatchObject({ actor: { type: 'system' } });
      expect(Object.keys(data)).not.toContain('client');
    }
  });

  it('cannot leave out a member of the details, nor explain one that is not there', () => {
    const sample = events.find(({ details }) => Object.keys(details).length > 0)!;
    const changed: DescribedEvent[] = [{ ...sample, details: {} }];
    expect(() => renderEventsDoc(changed)).toThrow(sample.type);
    expect(() => renderEventsDoc([{ ...sample, details: { ...sample.details, more: '' } }])).toThrow(sample.type);
  });
});
