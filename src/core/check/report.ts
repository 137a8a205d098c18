/** The audit report of one aggregate: what it holds, and how it is written as Markdown and JSON. */
import { formatCount, plural } from '../count.ts';
import { formatJson, parseJson } from '../json.ts';
import type { Json } from '../model.ts';
import { formatTime } from '../time.ts';
import type { Severity } from './findings.ts';

export interface ReportEvent {
  /** `topic:partition:offset`. */
  place: string;
  type: string;
  /** What happened, in words. */
  sentence: string;
  /** ms. */
  recordedAt: number;
  occurredAt: number | null;
}

export interface ReportState {
  /** Recorded time up to which it was folded, inclusive; null: after the last event. */
  at: number | null;
  folded: number;
  /** JSON text, every digit kept. */
  state: string;
  /** SHA-256 (hex) of the canonical form. */
  hash: string;
  problems: string[];
}

export interface AuditReport {
  aggregate: { type: string; id: string };
  title: string | null;
  madeAt: number;
  workspace: string;
  reducer: { name: string; version: number };
  /** Committed events of each type, most frequent first. */
  types: { type: string; count: number }[];
  /** Records by the verdict on their transaction. */
  verdicts: Record<'committed' | 'aborted' | 'open', number>;
  topics: string[];
  first: ReportEvent | null;
  last: ReportEvent | null;
  versions: { first: number; last: number } | null;
  /** Who made the events, as they say themselves; null: they do not say. */
  actors: { actor: string | null; count: number }[];
  findings: { severity: Severity; title: string; why: string; text: string; places: string[] }[];
  /** Findings beyond those listed. */
  moreFindings: number;
  claims: { claim: string; pass: number; fail: number; unverifiable: number; absent: number }[];
  coverage: string;
  notes: string[];
  states: ReportState[];
}

/** Claims that somebody made, or that are missing where others make them. */
export const claimsMade = ({ claims }: AuditReport): AuditReport['claims'] =>
  claims.filter(({ pass, fail, unverifiable, absent }) => pass + fail + unverifiable + absent > 0);

export const momentText = (at: number | null): string =>
  at === null ? 'after the last event' : `known on ${formatTime(at)}`;

export const eventText = ({ place, type, sentence, recordedAt, occurredAt }: ReportEvent): string =>
  `${sentence} (${type || 'no type'}), recorded ${formatTime(recordedAt)}${occurredAt === null ? '' : `, occurred ${formatTime(occurredAt)}`} (${place})`;

export const verdictText = ({ verdicts }: AuditReport): string =>
  `${plural(verdicts.committed, 'event')} committed, ${formatCount(verdicts.aborted)} aborted, ${formatCount(verdicts.open)} of open transactions`;

/** JSON with exact numbers; times are milliseconds since 1970. */
export function reportJson(report: AuditReport): string {
  const states = report.states.map((each) => ({ ...each, state: parseJson(each.state) }));
  return `${formatJson({ ...report, states } as unknown as Json, 2)}\n`;
}

/** What Markdown would take for its own signs, inside a line or a cell of a table. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replace(/[\r\n]+/g, ' ');

const rows = (head: string[], body: (string | number)[][]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => ' --- ').join('|')}|`,
  ...body.map((cells) => `| ${cells.map((cell) => plain(String(cell))).join(' | ')} |`),
];

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}json`, text, fence];
}

export function reportMarkdown(report: AuditReport): string {
  const { aggregate, title, reducer, first, last, versions, findings } = report;
  const lines = [
    `# Audit report: ${plain(aggregate.type)} ${plain(title ?? aggregate.id)}`,
    '',
    `- Aggregate: ${plain(`${aggregate.type}/${aggregate.id}`)}`,
    `- Made: ${formatTime(report.madeAt)} from ${plain(report.workspace)}`,
    `- Records: ${verdictText(report)}`,
    `- First event: ${first === null ? 'none' : plain(eventText(first))}`,
    `- Last event: ${last === null ? 'none' : plain(eventText(last))}`,
    `- Versions: ${versions === null ? 'none declared' : `${versions.first} to ${versions.last}`}`,
    `- Topics: ${plain(report.topics.join(', '))}`,
    `- Coverage: ${plain(report.coverage)}`,
    '',
    '## Findings',
    '',
    ...(findings.length === 0 ? ['None.'] : []),
    ...findings.map(
      ({ severity, title: name, why, text, places }) =>
        `- **${severity}: ${name}.** ${plain(text)}. ${plain(why)} (${plain(places.join(', '))})`,
    ),
    ...(report.moreFindings > 0 ? [`- and ${report.moreFindings} more`] : []),
    '',
    '## Events by type',
    '',
    ...rows(
      ['Type', 'Events'],
      report.types.map(({ type, count }) => [type || '(no type)', count]),
    ),
    '',
    '## Actors',
    '',
    ...rows(
      ['Actor', 'Events'],
      report.actors.map(({ actor, count }) => [actor ?? '(not said)', count]),
    ),
  ];
  const claims = claimsMade(report);
  if (claims.length > 0)
    lines.push(
      '',
      '## Claims of integrity',
      '',
      ...rows(
        ['Claim', 'Hold', 'Fail', 'Cannot be verified', 'Absent'],
        claims.map(({ claim, pass, fail, unverifiable, absent }) => [
          claim,
          pass,
          fail,
          unverifiable,
          absent,
        ]),
      ),
    );
  for (const { at, folded, state, hash, problems } of report.states)
    lines.push(
      '',
      `## State ${momentText(at)}`,
      '',
      `${plural(folded, 'event')} folded by ${plain(reducer.name)} v${reducer.version}. SHA-256 of the state: \`${hash}\`.`,
      ...problems.map((problem) => `\n${plain(problem)}`),
      '',
      ...fenced(state),
    );
  if (report.notes.length > 0)
    lines.push('', '## Notes', '', ...report.notes.map((note) => `- ${plain(note)}`));
  return `${lines.join('\n')}\n`;
}
