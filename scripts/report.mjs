// Pure: what the end of a run says, so that the last lines of a long log are enough to know what to mend. One line per
// failure with suite, file, full name and the first line of the error; seconds per part; the slowest files.
import { relative } from 'node:path';

// Colours of a terminal.
const ANSI = /\u001b\[[0-9;]*m/g;
const LONGEST = 240;

/** The first line of a text that says something, without colours, cut to a length that fits a log. */
export function firstLine(text) {
  const lines = (text ?? '').replace(ANSI, '').split('\n');
  const line = lines.map((each) => each.trim()).find((each) => each !== '') ?? 'no message';
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

/** What a step of a browser test was waiting for when its time ended, as Playwright's log of the call tells it. */
export function awaited(message) {
  const lines = (message ?? '').replace(ANSI, '').split('\n');
  const log = lines.findIndex((line) => line.trim() === 'Call log:');
  return log < 0 ? '' : firstLine(lines[log + 1]).replace(/^- /, '');
}

/** What the pages of a failed browser test showed, by the lines that failedPages.ts adds to its error. */
export function pagesIn(message) {
  const lines = (message ?? '').replace(ANSI, '').split('\n');
  const pages = lines.filter((line) => line.startsWith('The page: '));
  return pages.map((line) => firstLine(line)).join(' | ');
}

/** Where a test stood, by the first line of its stack that names its own file: `line 112`. */
export function placeIn(file, stack) {
  const found = (stack ?? '')
    .split('\n')
    .find((line) => line.trim().startsWith('at ') && line.includes(file));
  const line = /:(\d+):\d+\)?$/.exec(found?.trim() ?? '')?.[1];
  return line === undefined ? '' : `line ${line}`;
}

/** The line of a command's output that most likely says why it failed: the first that speaks of an error, else the last. */
export function reasonIn(output) {
  const lines = output
    .replace(ANSI, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = /\berror\b|\b[A-Z]\w*Error:|\bfailed\b|━━|✗|×/i;
  return firstLine(lines.find((line) => telling.test(line)) ?? lines.at(-1));
}

/** The lines of a diff in which both sides differ, without their heading, on one line. */
export function changedLines(diff) {
  const lines = (diff ?? '').replace(ANSI, '').split('\n');
  const changed = lines.filter((line) => /^[+-] /.test(line) && !/^[+-] (Expected|Received)$/.test(line));
  return changed.length === 0 ? '' : firstLine(changed.map((line) => line.replace(/\s+/g, ' ')).join(' '));
}

/**
 * What failed by Vitest's JSON report: tests, files that did not load, end or set up, and errors outside of tests. `more` is
 * what moreReporter.mjs wrote. A run that failed without saying why is a failure itself.
 */
export function vitestFailures({ suite, report, more, status, root }) {
  const failures = [];
  const add = (file, name, error, difference = '') =>
    failures.push({
      ...{ suite, file: relative(root, file), name },
      error: [firstLine(error), awaited(error), placeIn(file, error), difference, pagesIn(error)]
        .filter(Boolean)
        .join(' | '),
    });
  for (const { name: file, status: state, message, assertionResults } of report?.testResults ?? []) {
    const failed = assertionResults.filter((each) => each.status === 'failed');
    for (const { ancestorTitles, title, failureMessages } of failed) {
      const test = [...ancestorTitles.filter(Boolean), title].join(' > ');
      add(file, test, failureMessages[0], changedLines(more?.differences[`${file}\n${test}`]));
    }
    if (state === 'failed' && (failed.length === 0 || message !== ''))
      add(file, 'the file as a whole', message || 'it did not end');
  }
  for (const { file, message } of more?.outside ?? [])
    add(file ?? root, 'an error outside of the tests', message);
  if (status !== 0 && failures.length === 0)
    add(root, 'the run', report ? `ended with status ${status}` : `gave no report, status ${status}`);
  return failures;
}

/** Seconds per file, hooks included where `more` knows them. */
export function vitestSeconds({ suite, report, more, root }) {
  return (report?.testResults ?? []).map(({ name: file, startTime, endTime }) => ({
    suite,
    file: relative(root, file),
    seconds: (more?.milliseconds[file] ?? endTime - startTime) / 1000,
  }));
}

/** What failed by the TAP of Node's test runner; parents that failed for their children only are left out. */
export function tapFailures({ suite, output, root }) {
  const failures = [];
  const above = [];
  const lines = output.split('\n');
  for (const [at, line] of lines.entries()) {
    const begins = /^( *)# Subtest: (.*)$/.exec(line);
    if (begins) {
      above.length = begins[1].length / 4;
      above.push(begins[2]);
    }
    const ended = /^( *)not ok \d+ - (.*)$/.exec(line);
    if (!ended) continue;
    const facts = lines.slice(at, lines.indexOf(`${ended[1]}  ...`, at));
    const fact = (name) => {
      const found = facts.findIndex((each) => each.trim().startsWith(`${name}: `));
      const value = facts[found]?.trim().slice(name.length + 2);
      return /^\|-?$/.test(value ?? '') ? facts[found + 1] : value?.replace(/^'(.*)'$/, '$1');
    };
    if (fact('failureType') === 'subtestsFailed') continue;
    failures.push({
      suite,
      file: relative(root, (fact('location') ?? '').replace(/:\d+:\d+$/, '')),
      name: [...above.slice(0, ended[1].length / 4), ended[2]].join(' > '),
      error: firstLine(fact('error')),
    });
  }
  return failures;
}

const seconds = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** The lines of the end: failures, seconds per part, the ten slowest files. */
export function lastLines({ failures, parts, files }) {
  const lines = failures.map(
    ({ suite, file, name, error }) => `FAILED: ${[suite, file, name].filter(Boolean).join(' | ')}: ${error}`,
  );
  const sum = parts.reduce((all, part) => all + part.seconds, 0);
  lines.push(
    `Seconds: ${parts.map((part) => `${part.name} ${seconds(part.seconds)}`).join(', ')}; all ${seconds(sum)}`,
  );
  const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, 10);
  if (slowest.length > 0)
    lines.push(`Slowest files: ${slowest.map((each) => `${each.file} ${seconds(each.seconds)}`).join(', ')}`);
  return lines;
}
