import type { MailContent, MailLanguage } from './mail.js';

/** One piece of a letter. */
export type LetterBlock =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'link'; readonly label: string; readonly url: string }
  /** Something to copy. */
  | { readonly kind: 'code'; readonly text: string };

export interface Letter {
  readonly language: MailLanguage;
  readonly subject: string;
  readonly blocks: readonly LetterBlock[];
}

/**
 * Writes the text and the HTML of a letter from one description, so that both say the same. The HTML is plain: system
 * font, no remote content, readable without styles and by a screen reader.
 */
export function writeLetter({ language, subject, blocks }: Letter): MailContent {
  const title = escapeHtml(subject);
  return {
    subject,
    text: `${blocks.map(asText).join('\n\n')}\n`,
    html: [
      '<!DOCTYPE html>',
      `<html lang="${language}">`,
      '<head>',
      '<meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      `<title>${title}</title>`,
      '</head>',
      '<body style="margin:0 auto;max-width:36em;padding:1em;font-family:sans-serif;line-height:1.5">',
      `<h1 style="font-size:1.25em">${title}</h1>`,
      ...blocks.map(asHtml),
      '</body>',
      '</html>',
      '',
    ].join('\n'),
  };
}

function asText(block: LetterBlock): string {
  // A link stands on a line of its own: nothing after it can be taken for a part of it.
  if (block.kind === 'link') return `${block.label}\n${block.url}`;
  return block.text;
}

function asHtml(block: LetterBlock): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${escapeHtml(block.text)}</p>`;
    case 'link':
      return `<p><a href="${escapeHtml(block.url)}">${escapeHtml(block.label)}</a></p>`;
    case 'code':
      return `<p><code style="overflow-wrap:anywhere">${escapeHtml(block.text)}</code></p>`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
