// Files that a person writes from the desktop window: the buttons, the save dialog, the file, and what is said when
// nothing can be written. The dialog is the shell's; its answers are prepared, and what it was asked is looked at.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { app, call, eventually, shell, start, stop, userData, win } from './harness.mjs';

const folder = path.join(userData, 'written');
const COUNT = 25;
const lines = Array.from({ length: COUNT }, (_, at) =>
  JSON.stringify({
    topic: 'bank.accounts',
    partition: at % 2,
    offset: Math.floor(at / 2),
    timestamp: 1_700_000_000_000 + at,
    key: `a-${at % 3}`,
    value: JSON.stringify({ event_type: 'Deposited', amount: at, note: '=1+1' }),
    headers: [['trace', `t-${at}`]],
  }),
);

/** What the person will answer in the next dialogs; null: "Cancel". What was asked is in `asked()`. */
const answer = (...files) =>
  app.evaluate(({ dialog }, files) => {
    globalThis.asked = [];
    dialog.showSaveDialog = async (...args) => {
      const options = args.at(-1);
      globalThis.asked.push({ title: options.title, name: options.defaultPath, filters: options.filters });
      const filePath = files.shift() ?? '';
      return { canceled: filePath === '', filePath };
    };
  }, files);
const asked = () => app.evaluate(() => globalThis.asked);

const at = (name) => path.join(folder, name);
const open = (place) =>
  win.evaluate((to) => {
    location.hash = to;
  }, `#/${place}`);
const button = (name) => win.getByRole('button', { name, exact: true });
const dialog = () => win.getByRole('dialog', { name: 'Export' });
const told = (text) => win.getByText(text).first().waitFor();
const jobs = async () => (await call('jobs.list')).value;
/** Presses Export in the dialog that is open, in this format. */
async function exportAs(format) {
  await dialog().getByRole('button', { name: format }).click();
  await dialog().getByRole('button', { name: 'Export', exact: true }).click();
}
describe(`files from the window on ${shell?.name ?? 'nothing'}`, { skip: !shell }, () => {
  before(async () => {
    await start();
    mkdirSync(folder);
    const file = path.join(userData, 'records.ndjson');
    writeFileSync(file, `${lines.join('\n')}\n`);
    assert.equal((await call('workspace.create', { name: 'files' })).value?.name, 'files');
    await app.evaluate(({ dialog }, file) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [file] });
    }, file);
    const token = await win.evaluate(() => window.hindcast.openFileDialog('import'));
    await call('transfer.importFile', { token });
    await eventually(async () => {
      const [job] = (await jobs()).filter(({ kind }) => kind === 'import');
      assert.equal(job.status, 'done', JSON.stringify(job));
    });
    await open('workspace');
    await win.getByRole('heading', { level: 1, name: 'Workspace files' }).waitFor();
  });
  afterEach((t) => !t.passed && console.error(app?.report?.()));
  after(stop);

  test('all records as NDJSON: the dialog proposes a name, the file is whole and private, the window says where', async () => {
    await answer(at('all.ndjson'));
    await win.keyboard.press('e');
    await exportAs('NDJSON');
    await told(/all\.ndjson: 25 records/);
    assert.deepEqual(await asked(), [
      {
        title: 'Export as NDJSON',
        name: 'files.ndjson',
        filters: [{ name: 'NDJSON', extensions: ['ndjson'] }],
      },
    ]);
    const found = readFileSync(at('all.ndjson'), 'utf8').trimEnd().split('\n').map(JSON.parse);
    const same = ({ topic, partition, offset, timestamp, key, value, headers }) =>
      JSON.stringify({ topic, partition, offset, timestamp, key, value, headers });
    assert.deepEqual(found.map(same).sort(), [...lines].sort());
    if (process.platform !== 'win32') assert.equal(statSync(at('all.ndjson')).mode & 0o077, 0);
    assert.deepEqual(readdirSync(folder), ['all.ndjson'], 'nothing else is left');
  });

  test('a filter’s events as CSV and Parquet, from the Events screen', async () => {
    await open('events');
    await answer(at('events.csv'), at('events.parquet'));
    await button('Export these events').click();
    await exportAs('CSV');
    await told(/events\.csv: 25 records/);
    await button('Export these events').click();
    await exportAs('Parquet');
    await told(/events\.parquet: 25 records/);
    assert.deepEqual(
      (await asked()).map(({ name }) => name),
      ['events.csv', 'events.parquet'],
    );
    assert.equal(readFileSync(at('events.csv'), 'utf8').trimEnd().split('\r\n').length, COUNT + 1);
    const parquet = readFileSync(at('events.parquet'));
    assert.deepEqual(
      [parquet.toString('latin1', 0, 4), parquet.toString('latin1', parquet.length - 4)],
      ['PAR1', 'PAR1'],
    );
  });

  test('an answer of the console as JSON', async () => {
    const sql = 'SELECT count(*) AS n, 9007199254740993 AS big FROM events';
    await open(`projections?view=sql&sql=${encodeURIComponent(sql)}`);
    await answer(at('answer.json'));
    await win.getByRole('grid', { name: 'Result rows' }).getByRole('gridcell').first().waitFor();
    await button('Export').click();
    await win.getByRole('menuitem', { name: /^JSON/ }).click();
    await told(/answer\.json: 1 row/);
    assert.equal(
      readFileSync(at('answer.json'), 'utf8').replaceAll(/\s/g, ''),
      '[{"n":25,"big":9007199254740993}]',
    );
  });

  test('a recording', async () => {
    await open('workspace');
    await answer(at('saved.hindcast'));
    await button('Save as recording').click();
    await told(/saved\.hindcast/);
    assert.equal(readFileSync(at('saved.hindcast')).toString('latin1', 0, 15), 'SQLite format 3');
  });

  test('“Cancel” in the dialog writes nothing and starts nothing; the question stays open', async () => {
    const before = (await jobs()).length;
    const files = readdirSync(folder);
    await answer(null, null);
    await button('Save as recording').click();
    await eventually(async () => assert.equal((await asked()).length, 1));
    await win.keyboard.press('e');
    await exportAs('CSV');
    await eventually(async () => assert.equal((await asked()).length, 2));
    assert.equal(await dialog().getByRole('button', { name: 'Export', exact: true }).isEnabled(), true);
    await win.keyboard.press('Escape');
    assert.equal((await jobs()).length, before);
    assert.deepEqual(readdirSync(folder), files);
  });

  test('a place that cannot be written is told in a sentence with the next step, and nothing is left there', async () => {
    mkdirSync(at('a folder.parquet'));
    const files = readdirSync(folder);
    for (const [file, format, problem] of [
      [path.join(folder, 'no such folder', 'x.ndjson'), 'NDJSON', 'its folder does not exist'],
      [path.join(at('all.ndjson'), 'x.csv'), 'CSV', 'what should be its folder is a file'],
      [at('a folder.parquet'), 'Parquet', 'there is a folder of that name'],
    ]) {
      await answer(file);
      await win.keyboard.press('e');
      await exportAs(format);
      await told(`${file} cannot be written: ${problem}.`);
      await told('Choose another place, or free space there.');
    }
    const failed = (await jobs()).filter(({ kind, status }) => kind === 'export' && status === 'failed');
    assert.equal(failed.length, 3);
    assert.deepEqual(readdirSync(folder), files);
    assert.deepEqual(readdirSync(at('a folder.parquet')), []);
  });

  test('a recording that cannot be saved there is told, and the window works on', async () => {
    mkdirSync(at('a folder.hindcast'));
    for (const file of [path.join(folder, 'no such folder', 'y.hindcast'), at('a folder.hindcast')]) {
      await answer(file);
      await button('Save as recording').click();
      await told(`${file} cannot be written: `);
    }
    assert.ok(readdirSync(folder).every((name) => !name.endsWith('.partial')));
    await answer(at('again.ndjson'));
    await win.keyboard.press('e');
    await exportAs('NDJSON');
    await told(/again\.ndjson: 25 records/);
  });
});
