import type { MailContent, MailLanguage } from './mail.js';

/** One piece of a letter. */
export type LetterBlock =
  | { readonly kind: 'paragraph'; readonly text: string }
  /** `label` says what opening it does; `button` is what is written on it, in two or three words. */
  | { readonly kind: 'link'; readonly label: string; readonly url: string; readonly button: string }
  /** Something to copy. */
  | { readonly kind: 'code'; readonly text: string };

export interface Letter {
  readonly language: MailLanguage;
  readonly subject: string;
  readonly blocks: readonly LetterBlock[];
}

const FOOTER: Readonly<Record<MailLanguage, string>> = {
  en: 'This mail was sent automatically. Nobody reads replies to it.',
  ko: '자동으로 발송된 메일입니다. 회신하셔도 답변을 드리지 못합니다.',
};

// Fonts of the system, Korean ones first where the reader has them; a mail loads none.
const FONT = `font-family:-apple-system,'Apple SD Gothic Neo','Malgun Gothic','Segoe UI',Roboto,'Noto Sans KR',sans-serif`;
// Ratios of contrast against the background beneath: 16:1, 6.1:1, 7.6:1 (WCAG 2.2 §1.4.6 asks for 7:1 and 4.5:1).
const INK = '#1a1d21';
const QUIET = '#5a6169';
const ACCENT = '#1d4ed8';

/**
 * Writes the text and the HTML of a letter from one description, so that both say the same. The HTML has inline styles
 * only, which every reader of mail keeps, no remote content and no table; it reads well without styles, at 320 pixels,
 * aloud and in a dark theme, which may turn all of its colours around.
 */
export function writeLetter({ language, subject, blocks }: Letter): MailContent {
  const title = escapeHtml(subject);
  return {
    subject,
    text: `${blocks.map(asText).join('\n\n')}\n\n-- \n${FOOTER[language]}\n`,
    html: [
      '<!DOCTYPE html>',
      `<html lang="${language}">`,
      '<head>',
      '<meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<meta name="color-scheme" content="light dark">',
      `<title>${title}</title>`,
      '</head>',
      `<body style="margin:0;padding:24px 12px;background:#f3f4f6;color:${INK};${FONT};font-size:16px;line-height:1.6">`,
      `<div style="box-sizing:border-box;max-width:560px;margin:0 auto;padding:32px 28px;background:#ffffff;border-top:4px solid ${ACCENT};border-radius:6px;word-break:keep-all;overflow-wrap:anywhere">`,
      `<h1 style="margin:0 0 20px;font-size:22px;line-height:1.35">${title}</h1>`,
      ...blocks.map(asHtml),
      '</div>',
      `<p style="max-width:560px;margin:16px auto 0;padding:0 28px;color:${QUIET};font-size:13px">${FOOTER[language]}</p>`,
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
      return `<p style="margin:0 0 16px">${escapeHtml(block.text)}</p>`;
    case 'link':
      return linkAsHtml(block);
    case 'code':
      return `<p style="margin:0 0 16px"><code style="display:block;padding:12px;background:#f3f4f6;border-radius:4px;font-size:14px;word-break:break-all">${escapeHtml(block.text)}</code></p>`;
  }
}

// The address is there to be read as well: whoever mistrusts buttons can see where it leads.
function linkAsHtml({ label, url, button }: Extract<LetterBlock, { kind: 'link' }>): string {
  const address = escapeHtml(url);
  return [
    `<p style="margin:0 0 16px">${escapeHtml(label)}</p>`,
    `<p style="margin:0 0 12px"><a href="${address}" style="display:inline-block;padding:12px 22px;background:${ACCENT};color:#ffffff;border-radius:6px;font-weight:600;text-decoration:none">${escapeHtml(button)}</a></p>`,
    `<p style="margin:0 0 24px;color:${QUIET};font-size:13px;word-break:break-all">${address}</p>`,
  ].join('\n');
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
