/** The audit report as one HTML file: no script, nothing loaded from anywhere, good to print. */
import { plural } from '../count.ts';
import { formatTime } from '../time.ts';
import { type AuditReport, claimsMade, eventText, momentText, verdictText } from './report.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const html = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);

const STYLE = `
:root { color-scheme: light; }
body { font: 14px/1.5 system-ui, sans-serif; color: #1b2430; max-width: 60rem; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #d5dbe3; padding-bottom: .25rem; }
p.made { color: #5a6675; margin: 0 0 1.5rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: #5a6675; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #e8ecf1; overflow-wrap: anywhere; }
th { color: #5a6675; font-weight: 500; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
ul.findings { list-style: none; padding: 0; margin: 0; } ul.findings li { padding: .5rem 0 .5rem .75rem; border-left: 3px solid; margin-bottom: .5rem; break-inside: avoid; }
ul.findings li.error { border-color: #c0362c; } ul.findings li.warning { border-color: #b7791f; } ul.findings li.hint { border-color: #7b8794; }
li b { display: block; } li small { color: #5a6675; overflow-wrap: anywhere; }
pre { background: #f5f7fa; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font: 12px/1.5 ui-monospace, monospace; }
code { font: 12px ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 11px; } h2 { break-after: avoid; } tr { break-inside: avoid; } }`;

const table = (head: string[], body: (string | number)[][]): string =>
  `<table><thead><tr>${head.map((cell, at) => `<th${at === 0 ? '' : ' class="n"'}>${html(cell)}</th>`).join('')}</tr></thead><tbody>${body
    .map(
      (cells) =>
        `<tr>${cells.map((cell, at) => `<td${at === 0 ? '' : ' class="n"'}>${html(String(cell))}</td>`).join('')}</tr>`,
    )
    .join('')}</tbody></table>`;

function findingsHtml({ findings, moreFindings }: AuditReport): string {
  if (findings.length === 0) return '<p>None.</p>';
  const items = findings.map(
    ({ severity, title, why, text, places }) =>
      `<li class="${severity}"><b>${html(title)} <small>(${severity})</small></b>${html(text)}. ${html(why)}<br><small>${html(places.join(', '))}</small></li>`,
  );
  const more = moreFindings > 0 ? `<p>and ${moreFindings} more</p>` : '';
  return `<ul class="findings">${items.join('')}</ul>${more}`;
}

export function reportHtml(report: AuditReport): string {
  const { aggregate, title, first, last, versions, reducer } = report;
  const name = `${aggregate.type} ${title ?? aggregate.id}`;
  const facts: [string, string][] = [
    ['Aggregate', `${aggregate.type}/${aggregate.id}`],
    ['Records', verdictText(report)],
    ['First event', first === null ? 'none' : eventText(first)],
    ['Last event', last === null ? 'none' : eventText(last)],
    ['Versions', versions === null ? 'none declared' : `${versions.first} to ${versions.last}`],
    ['Topics', report.topics.join(', ')],
    ['Coverage', report.coverage],
  ];
  const claims = claimsMade(report);
  const sections = [
    `<dl>${facts.map(([term, text]) => `<dt>${term}</dt><dd>${html(text)}</dd>`).join('')}</dl>`,
    `<h2>Findings</h2>${findingsHtml(report)}`,
    `<h2>Events by type</h2>${table(
      ['Type', 'Events'],
      report.types.map(({ type, count }) => [type || '(no type)', count]),
    )}`,
    `<h2>Actors</h2>${table(
      ['Actor', 'Events'],
      report.actors.map(({ actor, count }) => [actor ?? '(not said)', count]),
    )}`,
    claims.length === 0
      ? ''
      : `<h2>Claims of integrity</h2>${table(
          ['Claim', 'Hold', 'Fail', 'Cannot be verified', 'Absent'],
          claims.map(({ claim, pass, fail, unverifiable, absent }) => [
            claim,
            pass,
            fail,
            unverifiable,
            absent,
          ]),
        )}`,
    ...report.states.map(
      ({ at, folded, state, hash, problems }) =>
        `<h2>State ${html(momentText(at))}</h2><p>${plural(folded, 'event')} folded by ${html(reducer.name)} v${reducer.version}. SHA-256 of the state: <code>${hash}</code></p>${problems
          .map((problem) => `<p>${html(problem)}</p>`)
          .join('')}<pre>${html(state)}</pre>`,
    ),
    report.notes.length === 0
      ? ''
      : `<h2>Notes</h2><ul>${report.notes.map((note) => `<li>${html(note)}</li>`).join('')}</ul>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html(`Audit report: ${name}`)}</title>
<style>${STYLE}
</style>
</head>
<body>
<h1>${html(name)}</h1>
<p class="made">Audit report, made ${formatTime(report.madeAt)} from ${html(report.workspace)}</p>
${sections.filter((part) => part !== '').join('\n')}
</body>
</html>
`;
}
