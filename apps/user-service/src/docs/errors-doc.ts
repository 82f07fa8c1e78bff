import type { LocalizedProblem, ProblemCatalogue, ValidationText } from '#platform/http';
import { table } from './markdown.js';

const INTRODUCTION = `# Errors

Generated from the texts that the service answers with, by \`npm run docs:generate\`; do not edit.

Every error is a problem document (RFC 9457): \`application/problem+json\` with \`type\`, \`title\`, \`status\`, \`detail\`,
\`instance\` (the request id) and \`code\`. Branch on \`code\`: it is stable, all texts may change. \`title\` and \`detail\` are
English or Korean, as \`Accept-Language\` asks. \`type\` leads to the entry of the code on the page \`/docs/errors\` of the
service, which says the same as this one.
`;

const FIELDS = `## Codes of fields

\`validation_failed\` lists broken rules under \`errors\`, each with the \`pointer\` of the field, a \`code\` and a \`message\`.
`;

/** `docs/errors.md`, in the form Prettier gives it. One heading per code, so that it has the anchor of the `type`. */
export function renderErrorsDoc(catalogue: ProblemCatalogue, fields: readonly ValidationText[]): string {
  const byCode = new Map<string, LocalizedProblem[]>();
  for (const { code, problem } of catalogue.entries()) byCode.set(code, [...(byCode.get(code) ?? []), problem]);
  const overview = [...byCode].map(([code, problems]) => [
    `[\`${code}\`](#${code})`,
    problems.map(({ status }) => status).join(', '),
    problems.map(({ en }) => en.title).join('; '),
  ]);
  const sections = [...byCode].map(([code, problems]) => `## ${code}\n\n${problems.map(meaning).join('\n\n')}\n`);
  const rules = fields.map(({ code, en, ko }) => `- \`${code}\`: ${en} ${ko}`).join('\n');
  return [
    INTRODUCTION,
    `${table([['Code', 'Status', 'Meaning'], ...overview])}\n`,
    ...sections,
    FIELDS,
    `${rules}\n`,
  ].join('\n');
}

function meaning({ status, en, ko }: LocalizedProblem): string {
  return `**${status} ${en.title}.** ${en.detail}\n\n**${status} ${ko.title}.** ${ko.detail}`;
}
