// Writes the pictures of docs/screens from the built app and a real broker with the demo's data:
// `node test/e2e/screenshots.ts [folder]`. The pictures show Ada's machine, not this one: HINDCAST_SCREENS_DATA names the
// data folder that is seen in them (made for it, and removed).
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { Kafka, logLevel } from 'kafkajs';
import type { Page } from 'playwright-core';
import { story } from '../fixtures/demo/stories.ts';
import { browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { kafkaProblem, startDemoCluster } from './demoCluster.ts';
import {
  captureMarked,
  chosenEvent,
  newConnection,
  open,
  stateLine,
  timelineOf,
  unlockAndReason,
} from './screen.ts';

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../../docs/screens'));
const MOST_BYTES = 350_000;
const PERSON = 'ada';
const dataDir = resolve(process.env.HINDCAST_SCREENS_DATA ?? `/home/${PERSON}/hindcast`);
const INTEREST = 'ultracore.savings.interest';
const doubled = story('interest-posted-twice');

/** Both themes of what is on the screen, once nothing on it moves any more. */
async function shoot(page: Page, name: string): Promise<void> {
  await page
    .getByRole('region', { name: 'Notifications' })
    .getByRole('dialog')
    .last()
    .waitFor({ state: 'detached' });
  await page.mouse.move(720, 896);
  for (const theme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.evaluate(() => document.fonts.ready);
    const path = join(folder, `${name}-${theme}.png`);
    await page.screenshot({ path, caret: 'hide' });
    const { size } = statSync(path);
    process.stdout.write(`${path} ${size.toLocaleString('en-US')} bytes\n`);
    if (size > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes`);
  }
}

/** Two groups on a topic: one that read all, one that is behind. */
async function readInGroups(bootstrap: string): Promise<void> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(INTEREST);
  for (const [groupId, behind] of [
    ['statements', 0],
    ['nightly-export', 42],
  ] as const) {
    const partitions = ends.map(({ partition, high }) => ({
      partition,
      offset: String(Number(high) - behind),
    }));
    await admin.setOffsets({ groupId, topic: INTEREST, partitions });
  }
  await admin.disconnect();
}

for (const problem of [browserProblem, kafkaProblem]) {
  if (problem === null) continue;
  process.stderr.write(`No pictures: ${problem}\n`);
  process.exit(1);
}
if (existsSync(dataDir)) {
  process.stderr.write(`No pictures: ${dataDir} is there already; name another with HINDCAST_SCREENS_DATA\n`);
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
const firstMade = mkdirSync(dataDir, { recursive: true })!;
// Who publishes is the login of the machine, which no setting changes.
process.env.NODE_OPTIONS = `--import "data:text/javascript,${encodeURIComponent(
  `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';
   const real = os.userInfo; os.userInfo = () => ({ ...real(), username: '${PERSON}' }); syncBuiltinESMExports();`,
)}"`;
const [kafka, app, browser] = await Promise.all([startDemoCluster(), startApp({ dataDir }), openBrowser()]);
try {
  const { page } = await openPage(browser, app, { width: 1440, height: 900 });
  page.setDefaultTimeout(30_000);
  for (const [name, environment] of [
    ['cattle-registry', 'staging'],
    ['laptop', 'development'],
    ['core-banking', 'production'],
  ] as const) {
    await newConnection(page, { name, brokers: kafka.bootstrap, environment });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
  }
  await page.getByRole('button', { name: 'Test connection' }).first().click();
  await page.getByText('The connection works.').last().waitFor();
  await shoot(page, 'connections');

  await page.getByRole('button', { name: 'Topics', exact: true }).click();
  await page
    .getByRole('grid', { name: 'Topics' })
    .getByText('ultracore.savings.interest', { exact: true })
    .waitFor();
  await captureMarked(page, 'savings-dispute-0412');
  await page
    .getByRole('banner')
    .getByRole('button', { name: /complete · 19 topics/ })
    .waitFor();
  await readInGroups(kafka.bootstrap);
  await open(page, `topics?topic=${INTEREST}`);
  const panel = page.getByRole('region', { name: 'Topic' });
  await panel.getByRole('table').waitFor();
  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByRole('grid', { name: 'Topics' }).getByText('late').first().waitFor();
  await shoot(page, 'topics');
  await panel.getByRole('tab', { name: 'Groups' }).click();
  await panel.getByRole('list', { name: 'Groups' }).getByText('nightly-export').click();
  await panel.getByRole('table').waitFor();
  await shoot(page, 'topics-groups');

  const filter = `agg:${doubled.aggregateId.slice(0, 8)} from:2025-11-14T00:00:00Z to:2025-12-03T00:00:00Z`;
  await open(page, `events?q=${encodeURIComponent(filter)}`);
  const events = page.getByRole('grid', { name: 'Events' });
  await events.getByText('aborted').first().waitFor();
  await events
    .getByText(/overdraft/i)
    .first()
    .click();
  await page.getByRole('region', { name: 'Record' }).getByText('FeeCharged').first().waitFor();
  await shoot(page, 'events');

  const where = 'data.amount > 100 and type in ("InterestPosted", "FeeCharged")';
  await open(page, `events?where=${encodeURIComponent(where)}`);
  await page
    .getByText(/looked at all/)
    .first()
    .waitFor();
  await page.keyboard.press('l');
  await page.getByRole('button', { name: /^Pause/ }).waitFor();
  await events.getByText('InterestPosted').first().waitFor();
  await shoot(page, 'events-live');
  await page.keyboard.press('l');
  await page.getByRole('button', { name: /^Live/ }).waitFor();

  await open(page, `workspace?topic=${INTEREST}`);
  await page
    .getByText(/^partition/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByRole('button', { name: 'Check again' }).waitFor();
  await shoot(page, 'workspace');

  await open(page, 'aggregates?type=SavingsAccount&sort=events');
  await page.getByRole('grid', { name: 'Aggregates' }).getByText(doubled.aggregateId).waitFor();
  await shoot(page, 'aggregates');

  await open(page, timelineOf(doubled.aggregateId, '?known=2025-12-31T23:59:59.999Z&path=balance'));
  await page.getByRole('button', { name: /^1 fault/ }).click();
  await stateLine(page, 'balance').locator('del').waitFor();
  await chosenEvent(page).filter({ hasText: 'posted for December' }).waitFor();
  await page.getByRole('region', { name: 'Chosen event' }).getByText(doubled.eventIds[1]!).waitFor();
  await shoot(page, 'timeline');

  const { aggregateId, facts } = story('backdated-deposit');
  const side = (name: string, clock: string) =>
    `${name}.type=SavingsAccount&${name}.id=${aggregateId}&${name}.${clock}=${facts.at}`;
  await open(page, `compare?${side('a', 'known')}&${side('b', 'true')}`);
  await page.getByRole('listbox', { name: 'Events between A and B' }).getByText('only in B').waitFor();
  await shoot(page, 'compare');

  await open(page, `clocks/SavingsAccount/${aggregateId}?known=${facts.at}`);
  await page
    .getByRole('grid', { name: 'Events that arrived after the fact' })
    .getByText('backdated')
    .first()
    .waitFor();
  await page.getByRole('tree', { name: 'State at the point' }).waitFor();
  await shoot(page, 'clocks');

  await open(page, `whatif?part=log&type=SavingsAccount&id=${doubled.aggregateId}&at=394`);
  const log = page.getByRole('listbox', { name: 'Hypothetical log' });
  const chosen = log.getByRole('option', { selected: true });
  await chosen.filter({ hasText: 'posted for December' }).waitFor();
  await page.keyboard.press('x');
  await chosen.getByText('skipped').waitFor();
  await page.keyboard.press('Control+Enter');
  const set = page.getByRole('grid', { name: 'Aggregates that would differ' });
  await set.getByRole('row', { name: doubled.aggregateId }).waitFor();
  await set.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('grid', { name: 'Both states line by line' }).waitFor();
  await shoot(page, 'whatif');

  await open(page, 'mappings');
  await page.getByLabel('Name of the mapping').waitFor();
  await shoot(page, 'mapping');

  await open(page, 'projections/savings_account');
  await page
    .getByRole('button', { name: /^Build/ })
    .first()
    .click();
  await page.getByRole('option', { name: /Savings accounts ready/ }).waitFor();
  await page
    .getByRole('grid', { name: /^Rows of/ })
    .getByRole('gridcell')
    .first()
    .click();
  await shoot(page, 'projections');

  await open(page, timelineOf(doubled.aggregateId));
  await page.getByRole('button', { name: /^1 fault/ }).click();
  await page.getByRole('button', { name: 'Compensate…' }).click();
  await page.getByRole('menuitem', { name: /^corrects v395/ }).click();
  await unlockAndReason(page, {
    connection: 'core-banking',
    reason: 'dispute 0412',
    why: 'Interest for December 2025 was posted twice by a retry',
  });
  await page.getByRole('button', { name: 'Dry run' }).last().click();
  await page.getByText('equals “should be”').waitFor();
  await page.getByLabel('Type core-banking to publish').waitFor();
  await shoot(page, 'compensate');

  await page.getByLabel('Type core-banking to publish').fill('core-banking');
  await page.getByRole('button', { name: 'Publish to production' }).click();
  await page.getByText('read back: the same bytes').waitFor();
  await open(page, 'activity');
  await page.getByRole('article').first().waitFor();
  await shoot(page, 'activity');
} finally {
  await browser.close();
  await app.close();
  await kafka.stop();
  rmSync(firstMade, { recursive: true, force: true });
}
