/** A case for people to read. */
import type { BookmarkOut, CaseOut, RecordingIdentity } from '../../contract/cases.ts';
import { formatCount } from '../../core/count.ts';

/** Text from events and people stays text: nothing in it becomes a heading, a link or a tag. */
const plain = (text: string): string => text.replace(/[\\`*_[\]<>#|~]/g, '\\$&').replace(/\r?\n/g, ' ');
const block = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => `> ${line.replace(/[\\`*_[\]<>#|~]/g, '\\$&')}`)
    .join('\n');

const iso = (at: number): string => new Date(at).toISOString();

export function caseMarkdown(found: CaseOut, recording: RecordingIdentity): string {
  const { name, question, answer, notes, status, bookmarks, createdAt, changedAt, view } = found;
  const parts = [
    `# ${plain(name)}`,
    [
      `- Status: ${status}`,
      `- Begun ${iso(createdAt)}, last changed ${iso(changedAt)}`,
      `- Recording: ${plain(recording.name)} (${recording.id}), ${formatCount(recording.records)} records` +
        (recording.lastRecordedAt === null ? '' : `, the last recorded ${iso(recording.lastRecordedAt)}`),
      ...(view === null ? [] : [`- View: \`${view.replaceAll('`', '%60')}\``]),
    ].join('\n'),
  ];
  const section = (title: string, text: string) => {
    if (text.trim() !== '') parts.push(`## ${title}`, block(text));
  };
  section('Question', question);
  section('Answer', answer);
  section('Notes', notes);
  if (bookmarks.length > 0) parts.push('## Bookmarks', ...bookmarks.map(bookmarkPart));
  return `${parts.join('\n\n')}\n`;
}

function bookmarkPart(bookmark: BookmarkOut, at: number): string {
  const { title, note, event, record, aggregate, view } = bookmark;
  const facts: string[] = [];
  if (aggregate !== null) facts.push(`- Aggregate: ${plain(aggregate.type)} ${plain(aggregate.id)}`);
  if (event !== null)
    facts.push(`- Event: ${plain(event.topic)}, partition ${event.partition}, offset ${event.offset}`);
  if (record !== null) {
    if (record.sentence !== title) facts.push(`- Says: ${plain(record.sentence)}`);
    facts.push(`- Recorded ${iso(record.recordedAt)}`);
    if (record.occurredAt !== null) facts.push(`- Occurred ${iso(record.occurredAt)}`);
  } else if (event !== null) facts.push('- Not held by this workspace');
  facts.push(`- View: \`${view.replaceAll('`', '%60')}\``);
  const head = `### ${at + 1}. ${plain(title)}`;
  return [head, facts.join('\n'), ...(note.trim() === '' ? [] : [block(note)])].join('\n\n');
}
