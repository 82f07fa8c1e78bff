import { formatSequence, type LaneReport, type SealedAuditEvent } from '#platform/audit-chain';

import type { LaneStates } from '../../application/lane-states.js';
import { Html, html } from './html.js';
import type { PageTexts } from './texts.js';

/** What is asked of the page: all of it stands in its address. */
export interface PageQuestion {
  readonly type?: string | undefined;
  readonly subject?: string | undefined;
  /** The id of the event before which the list begins. */
  readonly before?: string | undefined;
  readonly live: boolean;
}

export interface PageView {
  readonly texts: PageTexts;
  readonly question: PageQuestion;
  readonly states: LaneStates;
  readonly events: readonly SealedAuditEvent[];
  readonly hasOlder: boolean;
  /** Where the description of the API is; undefined where it is not served. */
  readonly docs: string | undefined;
}

const LIVE_SECONDS = 5;
const GAPS_SHOWN = 5;
const SHORT_ID = 8;
const NOTHING = new Html('');
/** A shield: drawn here, because nothing else may be loaded. */
const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 24 24%22%3E%3Cpath fill=%22%232563eb%22 d=%22M12 2 4 5v6c0 5 3.4 9.4 8 11 4.6-1.6 8-6 8-11V5z%22/%3E%3C/svg%3E';

/** The whole page: no script, nothing from elsewhere. */
export function renderPage(view: PageView): string {
  const { texts: t, question } = view;
  return html`<!doctype html>
    <html lang="${t.code}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${question.live ? html`<meta http-equiv="refresh" content="${LIVE_SECONDS}" />` : NOTHING}
        <title>${t.title}</title>
        <link rel="icon" href="${ICON}" />
        <link rel="stylesheet" href="assets/page.css" />
      </head>
      <body>
        ${header(view)}
        <main>${state(view)} ${view.states.lanes.length === 0 ? NOTHING : lanes(view)} ${events(view)}</main>
      </body>
    </html> `.text;
}

function address(t: PageTexts, question: PageQuestion, more: Partial<PageQuestion> & { lang?: string } = {}): string {
  const { type, subject, before, live } = { ...question, ...more };
  const query = new URLSearchParams({ lang: more.lang ?? t.code });
  if (type !== undefined) query.set('type', type);
  if (subject !== undefined) query.set('subject', subject);
  if (before !== undefined) query.set('before', before);
  if (live) query.set('live', '1');
  return `?${query.toString()}`;
}

function header({ texts: t, question, docs }: PageView): Html {
  const language = (code: string, name: string): Html =>
    code === t.code
      ? html`<span lang="${code}" aria-current="true">${name}</span>`
      : html`<a lang="${code}" hreflang="${code}" href="${address(t, question, { lang: code })}">${name}</a>`;
  return html`<header class="top">
    <a class="name" href="?lang=${t.code}"
      ><svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M12 2 4 5v6c0 5 3.4 9.4 8 11 4.6-1.6 8-6 8-11V5z" />
        <path class="tick" d="m8.5 12 2.5 2.5 4.5-5" /></svg
      >${t.title}</a
    >
    <nav>
      ${docs === undefined ? NOTHING : html`<a href="${docs}">${t.api}</a>`}${language('en', 'English')}${language('ko', '한국어')}
    </nav>
  </header>`;
}

function state(view: PageView): Html {
  const { texts: t } = view;
  const { verifiedAt, lanes: all } = view.states;
  const sum = (of: (lane: LaneReport) => bigint): bigint => all.reduce((total, lane) => total + of(lane), 0n);
  const [kind, title, meaning] = verdict(t, view.states);
  const figure = (name: string, value: bigint, isBad = false): Html =>
    html`<div class="${isBad && value > 0n ? 'bad' : ''}">
      <dd>${number(t, value)}</dd>
      <dt>${name}</dt>
    </div>`;
  return html`<section class="state ${kind}" aria-label="${title}">
    <div class="verdict">
      <span class="mark" aria-hidden="true">${kind === 'bad' ? '!' : kind === 'ok' ? '✓' : '…'}</span>
      <div>
        <h1>${title}</h1>
        <p>${meaning}</p>
        ${verifiedAt === null ? NOTHING : html`<p class="quiet">${t.provenAt(moment(verifiedAt.toISOString()))}</p>`}
      </div>
    </div>
    <dl class="figures">
      ${figure(
        t.events,
        sum(({ count }) => BigInt(count)),
      )}
      ${figure(t.lanes, BigInt(all.length))}
      ${figure(
        t.missing,
        sum(({ missing }) => BigInt(missing)),
        true,
      )}
      ${figure(
        t.refused,
        sum(({ refused }) => BigInt(refused)),
      )}
    </dl>
  </section>`;
}

function verdict(t: PageTexts, { chainOk, verifiedAt, lanes: all }: LaneStates): [string, string, string] {
  if (!chainOk) return ['bad', t.broken, t.brokenMeaning];
  if (verifiedAt === null) return ['empty', t.proving, t.provingMeaning];
  return all.length === 0 ? ['empty', t.empty, t.emptyMeaning] : ['ok', t.whole, t.wholeMeaning];
}

function lanes({ texts: t, states }: PageView): Html {
  return html`<section aria-labelledby="lanes">
    <h2 id="lanes">${capital(t.lanes)}</h2>
    <ul class="lanes">
      ${states.lanes.map((lane) => laneCard(t, lane))}
    </ul>
  </section>`;
}

function laneCard(t: PageTexts, lane: LaneReport): Html {
  const { chainOk, firstFault, gaps, firstSequence, lastSequence } = lane;
  const shown = gaps.slice(0, GAPS_SHOWN).map(({ from, to }) => range(t, from, to));
  const more = gaps.length > GAPS_SHOWN ? ' …' : '';
  return html`<li class="${chainOk ? 'ok' : 'bad'}">
    <h3>${t.lane(lane.lane)} <span class="badge">${chainOk ? t.laneWhole : t.laneBroken}</span></h3>
    <p class="count"><b>${number(t, BigInt(lane.count))}</b> ${t.events}</p>
    <p class="quiet">
      ${t.places} ${range(t, firstSequence ?? formatSequence(0n), lastSequence ?? formatSequence(0n))}
    </p>
    ${firstFault === null ? NOTHING : html`<p class="fault">${t.faultAt(t.faults[firstFault.kind] ?? firstFault.kind, place(t, firstFault.sequence))}</p>`}
    ${shown.length === 0 ? NOTHING : html`<p class="quiet">${t.gaps}: ${shown.join(', ')}${more}</p>`}
  </li>`;
}

function events({ texts: t, question, events: found, hasOlder }: PageView): Html {
  const isFiltered = question.type !== undefined || question.subject !== undefined;
  const none = isFiltered || question.before !== undefined ? t.noEvents : t.emptyMeaning;
  const list =
    found.length === 0
      ? html`<p class="none">${none}</p>`
      : html`<ol class="events">
          ${found.map((event) => eventItem(t, event))}
        </ol>`;
  return html`<section aria-labelledby="events">
    <div class="bar">
      <h2 id="events">${isFiltered ? t.found : t.lastEvents}</h2>
      <a class="button" href="${address(t, question, { live: !question.live, before: undefined })}"
        >${question.live ? t.notLive : t.live}</a
      >
    </div>
    ${filter(t, question, isFiltered)} ${list} ${pages(t, question, hasOlder ? found.at(-1)?.id : undefined)}
  </section>`;
}

function filter(t: PageTexts, { type = '', subject = '' }: PageQuestion, isFiltered: boolean): Html {
  const field = (name: string, title: string, value: string, example: string): Html =>
    html`<label
      >${title}<input
        name="${name}"
        value="${value}"
        placeholder="${example}"
        maxlength="200"
        autocapitalize="none"
        spellcheck="false"
    /></label>`;
  return html`<form method="get" role="search">
    <input type="hidden" name="lang" value="${t.code}" />
    ${field('type', t.type, type, t.anyType)} ${field('subject', t.subject, subject, t.anySubject)}
    <button>${t.filter}</button>
    ${isFiltered ? html`<a href="?lang=${t.code}">${t.clear}</a>` : NOTHING}
  </form>`;
}

function pages(t: PageTexts, question: PageQuestion, older: string | undefined): Html {
  const link = (title: string, before: string | undefined): Html =>
    html`<a class="button" href="${address(t, question, { before, live: false })}">${title}</a>`;
  return html`<p class="pages">
    ${question.before === undefined ? NOTHING : link(t.newest, undefined)}
    ${older === undefined ? NOTHING : link(t.older, older)}
  </p>`;
}

/** An event may have been altered to be anything; what is not a text is shown as nothing. */
function eventItem(t: PageTexts, event: SealedAuditEvent): Html {
  const { time, type, subject, lane, sequence, data } = event as Partial<SealedAuditEvent>;
  const outcome = text((data as { outcome?: unknown } | undefined)?.outcome);
  const known = outcome === 'success' || outcome === 'failure' || outcome === 'denied' ? outcome : 'other';
  return html`<li>
    <details>
      <summary>
        <time>${moment(text(time))}</time><b class="type">${text(type)}</b
        ><span class="outcome ${known}">${t.outcomes[outcome] ?? outcome}</span
        ><span class="subject">${short(subject) ?? t.nobody}</span
        ><span class="quiet place">${String(lane)} · ${place(t, text(sequence))}</span>
      </summary>
      <pre tabindex="0">${JSON.stringify(event, null, 2)}</pre>
    </details>
  </li>`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `user/0193…cafe`: ids begin with their time, so it is their end that tells them apart. */
function short(subject: unknown): string | undefined {
  if (typeof subject !== 'string') return undefined;
  const [, kind = '', id = ''] = /^([a-z_]{1,20}\/)([0-9a-f-]{36})$/.exec(subject) ?? [];
  return id === '' ? subject : `${kind}…${id.slice(-SHORT_ID)}`;
}

function moment(time: string): string {
  const [, date, clock] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(time) ?? [];
  return date === undefined || clock === undefined ? time : `${date} ${clock} UTC`;
}

function number(t: PageTexts, value: bigint): string {
  return value.toLocaleString(t.code);
}

function place(t: PageTexts, sequence: string): string {
  return /^\d{1,20}$/.test(sequence) ? number(t, BigInt(sequence)) : sequence;
}

function range(t: PageTexts, from: string, to: string): string {
  return from === to ? place(t, from) : `${place(t, from)}–${place(t, to)}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
