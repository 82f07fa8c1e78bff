/** The page's style, as its own file: the policy of the page allows none in it. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #101318);
  --card: light-dark(#ffffff, #191e26);
  --line: light-dark(#dfe3e8, #2c3440);
  --text: light-dark(#1b2430, #e6eaf0);
  --quiet: light-dark(#566273, #9aa7b8);
  --link: light-dark(#1d4ed8, #8ab4ff);
  --ok: light-dark(#0b7a43, #56d18f);
  --ok-ground: light-dark(#e3f6eb, #12301f);
  --bad: light-dark(#b3261e, #ff9a91);
  --bad-ground: light-dark(#fdeae8, #3a1714);
  --warn: light-dark(#8a5300, #f0bd62);
  --warn-ground: light-dark(#fff2da, #33260d);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); overflow-wrap: anywhere; }
h1, h2, h3, p, dl, dd, ul, ol { margin: 0; padding: 0; }
ul, ol { list-style: none; }
a { color: var(--link); text-underline-offset: 3px; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.quiet { color: var(--quiet); font-size: 0.875rem; }
.top, main { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
.top { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: 0.25rem 0.5rem; padding-block: 0.5rem; }
.name { display: inline-flex; align-items: center; gap: 0.5rem; min-height: 2.75rem; color: inherit; font-weight: 700; text-decoration: none; }
.name svg { width: 1.75rem; height: 1.75rem; fill: var(--link); }
.name .tick { fill: none; stroke: var(--card); stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
nav { display: flex; gap: 0.25rem 0.75rem; }
nav > * { display: inline-flex; align-items: center; min-height: 2.75rem; }
nav [aria-current] { color: var(--quiet); }
main { display: grid; gap: 1.5rem; padding-bottom: 3rem; }
section, main { min-width: 0; }
h2 { font-size: 1.125rem; }
.state { border: 1px solid var(--line); border-radius: 14px; background: var(--card); overflow: hidden; }
.verdict { display: flex; gap: 0.875rem; padding: 1.125rem; }
.verdict h1 { font-size: 1.375rem; line-height: 1.25; }
.mark { flex: none; width: 2.5rem; height: 2.5rem; border-radius: 50%; display: grid; place-items: center; font-size: 1.375rem; font-weight: 700; color: var(--card); background: var(--quiet); }
.ok .mark { background: var(--ok); }
.bad .mark { background: var(--bad); }
.state.ok .verdict { background: var(--ok-ground); }
.state.bad .verdict { background: var(--bad-ground); }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); border-top: 1px solid var(--line); }
.figures div { display: flex; flex-direction: column; padding: 0.75rem 0.5rem; text-align: center; border-left: 1px solid var(--line); }
.figures div:first-child { border-left: 0; }
.figures dd { font-size: 1.25rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.figures dt { color: var(--quiet); font-size: 0.8125rem; }
.figures .bad dd { color: var(--bad); }
.lanes { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: 0.75rem; margin-top: 0.75rem; }
.lanes li { padding: 0.875rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--ok); border-radius: 10px; background: var(--card); }
.lanes li.bad { border-left-color: var(--bad); }
.lanes h3 { display: flex; justify-content: space-between; align-items: center; gap: 0.5rem; font-size: 1rem; }
.badge, .outcome { padding: 0.0625rem 0.5rem; border-radius: 999px; font-size: 0.8125rem; font-weight: 600; white-space: nowrap; }
.badge, .outcome.success { color: var(--ok); background: var(--ok-ground); }
.bad .badge, .outcome.denied { color: var(--bad); background: var(--bad-ground); }
.outcome.failure { color: var(--warn); background: var(--warn-ground); }
.outcome.other { color: var(--quiet); background: var(--ground); white-space: normal; }
.fault { color: var(--bad); font-weight: 600; }
.bar { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
form { display: flex; flex-wrap: wrap; align-items: end; gap: 0.75rem; margin: 0.5rem 0 1rem; }
label { display: grid; flex: 1 1 14rem; gap: 0.25rem; color: var(--quiet); font-size: 0.875rem; }
input, button, .button { font: inherit; min-height: 2.75rem; border-radius: 8px; border: 1px solid var(--line); padding: 0 0.875rem; }
input { width: 100%; min-width: 0; background: var(--card); color: var(--text); }
input::placeholder { color: var(--quiet); opacity: 0.7; }
button, .button { display: inline-flex; align-items: center; background: var(--card); color: var(--link); font-weight: 600; text-decoration: none; cursor: pointer; }
form > a { display: inline-flex; align-items: center; min-height: 2.75rem; }
.events { border: 1px solid var(--line); border-radius: 14px; background: var(--card); overflow: hidden; }
.events li + li { border-top: 1px solid var(--line); }
summary { display: grid; grid-template-columns: 13rem minmax(0, 1fr) auto minmax(0, 11rem) 6rem; gap: 0.25rem 1rem; align-items: center; min-height: 2.75rem; padding: 0.5rem 1rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--ground); }
summary:focus-visible { outline-offset: -3px; }
time, .subject, .place { font-variant-numeric: tabular-nums; font-size: 0.875rem; }
time, .subject { color: var(--quiet); }
.place { text-align: right; }
.outcome { justify-self: start; }
pre { margin: 0; padding: 1rem; border-top: 1px solid var(--line); background: var(--ground); font: 0.8125rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; white-space: pre-wrap; }
.none { padding: 2rem 1rem; text-align: center; color: var(--quiet); border: 1px dashed var(--line); border-radius: 14px; }
.pages { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1rem; }
@media (max-width: 52rem) {
  .lanes { grid-template-columns: repeat(auto-fill, minmax(min(100%, 9.25rem), 1fr)); gap: 0.5rem; }
  .lanes li { padding: 0.625rem 0.75rem; }
  .lanes h3 { flex-wrap: wrap; }
  summary { grid-template-columns: minmax(0, 1fr) auto; gap: 0.125rem 1rem; padding-block: 0.625rem; }
  .type { grid-row: 1; grid-column: 1 / -1; }
  time { grid-row: 2; grid-column: 1; }
  .outcome { grid-row: 2; grid-column: 2; justify-self: end; }
  .subject { grid-row: 3; grid-column: 1; }
  .place { grid-row: 3; grid-column: 2; }
}
`;
