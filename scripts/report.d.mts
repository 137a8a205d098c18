export interface Failure {
  suite: string;
  file: string;
  name: string;
  error: string;
}
export interface Part {
  name: string;
  seconds: number;
}
export interface FileSeconds {
  suite: string;
  file: string;
  seconds: number;
}
export interface VitestReport {
  testResults: {
    name: string;
    status: string;
    message: string;
    startTime: number;
    endTime: number;
    assertionResults: {
      ancestorTitles: string[];
      title: string;
      status: string;
      failureMessages: string[];
    }[];
  }[];
}
/** What moreReporter.mjs writes. */
export interface MoreReport {
  milliseconds: Record<string, number>;
  /** Diffs of expected and received by the file's path, a line break, and the test's full name. */
  differences: Record<string, string>;
  outside: { file: string | null; message: string }[];
}
interface Run {
  suite: string;
  root: string;
  report: VitestReport | null;
  more: MoreReport | null;
}
export function firstLine(text: string | undefined): string;
export function changedLines(diff: string | undefined): string;
export function reasonIn(output: string): string;
export function vitestFailures(run: Run & { status: number | null }): Failure[];
export function vitestSeconds(run: Run): FileSeconds[];
export function tapFailures(run: { suite: string; root: string; output: string }): Failure[];
export function lastLines(run: { failures: Failure[]; parts: Part[]; files: FileSeconds[] }): string[];
