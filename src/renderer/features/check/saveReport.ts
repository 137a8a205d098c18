import type { check } from '../../../contract/check.ts';
import type { Input } from '../../../contract/contract.ts';
import { toast } from '../../components/Toast.tsx';
import { callEngine } from '../../lib/queries.ts';
import { saveText } from '../../lib/saveText.ts';

type Question = Input<(typeof check)['report']>;
export type ReportFormat = Question['format'];

/** The forms of an audit report, with their names. */
export const REPORT_FORMATS = [
  ['html', 'HTML'],
  ['md', 'Markdown'],
  ['json', 'JSON'],
] as const satisfies readonly (readonly [ReportFormat, string])[];

/** Has an audit report made and saves it as a file. @throws EngineError such as `aggregate.unknown` */
export async function saveReport(question: Question): Promise<void> {
  const { text, mediaType, name } = await callEngine(['check', 'report'], question);
  saveText(text, `${mediaType};charset=utf-8`, name);
  toast(`${name} is in your downloads.`);
}
