// The engine behind the desktop window: secrets, helpers, crashes and ends. S… are the rules of security.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  app,
  call,
  eventually,
  filesUnder,
  info,
  onElectron,
  shell,
  start,
  stop,
  userData,
  win,
} from './harness.mjs';
import { installProbe } from './page.mjs';

/** Of a file that may be gone again: the engine is at work. */
const bytesOf = (file) => {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return Buffer.alloc(0);
  }
};

/** Kills the engine and asks the one that takes its place, as soon as the page has been told. */
async function killEngine() {
  await win.evaluate(() => {
    window.toldOfLoss = false;
    window.addEventListener('message', ({ data }) => {
      window.toldOfLoss ||= data?.type === 'hindcast-engine-lost';
    });
  });
  process.kill((await info()).pid, 'SIGKILL');
  await win.waitForFunction(() => window.probe.closed && window.toldOfLoss);
  await win.evaluate(installProbe);
}

describe(`engine on ${shell?.name ?? 'nothing'}`, { skip: !shell }, () => {
  before(() => start());
  afterEach((t) => !t.passed && console.error(app?.report?.()));
  after(stop);

  test('S18 a stored password is nowhere on disk in the clear', async () => {
    const canary = 'canary-5b1f0e77-password';
    const connection = {
      id: null,
      name: 'canary',
      brokers: ['127.0.0.1:1'],
      environment: 'development',
      tls: null,
      sasl: { mechanism: 'plain', username: 'ada' },
    };
    const saved = await call('connections.save', { connection, secrets: { password: canary } });
    assert.equal(saved.error, undefined);
    assert.equal(saved.value.has.password, true);
    assert.ok(!JSON.stringify(saved).includes(canary));
    const found = filesUnder(userData).filter((file) => bytesOf(file).includes(canary));
    assert.deepEqual(found, []);
    assert.ok(!JSON.stringify(app.sim?.engines ?? []).includes(canary), 'nor in what the engine printed');
  });

  test('the data folder is private to the user', { skip: process.platform === 'win32' }, () => {
    assert.equal(statSync(path.join(userData, 'data')).mode & 0o077, 0);
  });

  test('the engine works: a workspace is made, and the console answers from a process of its own', async () => {
    assert.equal((await call('workspace.create', { name: 'shell' })).value?.name, 'shell');
    const cut = { knownOn: null, trueOn: null };
    const sql = "SELECT 9007199254740993 AS big, 'x' AS text";
    const { value, error } = await call('sql.query', { sql, cut, limit: 10 });
    assert.equal(error, undefined);
    assert.deepEqual(value.rows, [[{ integer: '9007199254740993' }, 'x']]);
    if (!onElectron) {
      const processes = app.sim.engines.filter(({ exitCode }) => exitCode === undefined);
      assert.deepEqual(processes.map(({ name }) => name).sort(), ['console', 'engine']);
    }
  });

  test('S25 the engine is killed: the page is told, it is started again, and the page works on', async () => {
    const before = await info();
    await killEngine();
    const now = await info();
    assert.notEqual(now.pid, before.pid);
    assert.equal(now.restarts, before.restarts + 1);
    await win.waitForFunction(() => /restarted|started again/i.test(document.body.textContent));
    const reopened = await call('workspace.open', { name: 'shell' });
    assert.equal(reopened.error, undefined, 'the killed engine left no lock');
    if (!onElectron) {
      const consoles = app.sim.engines.filter(({ name }) => name === 'console');
      await eventually(() => assert.ok(consoles.every(({ exitCode }) => exitCode !== undefined)));
    }
  });

  test('S25 a reload of the page leaves the engine and its work alone', async () => {
    const { pid, restarts } = await info();
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].webContents.reload());
    // The document before has the probe still.
    await win.waitForFunction(() => window.probe === undefined);
    await win.waitForLoadState();
    await win.evaluate(installProbe);
    const now = await info();
    assert.deepEqual([now.pid, now.restarts], [pid, restarts]);
  });

  // Playwright cannot go on with a page that really crashed: main is told of a crash that was none.
  test('S25 a page that crashes is loaded again, three times a minute; the engine goes on', async () => {
    const { pid } = await info();
    const crash = () =>
      app.evaluate(({ BrowserWindow }) => {
        const [{ webContents }] = BrowserWindow.getAllWindows();
        webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 });
      });
    for (let times = 1; times <= 3; times++) {
      await crash();
      await win.waitForFunction(() => window.probe === undefined);
      await win.waitForLoadState();
      await win.evaluate(installProbe);
      assert.equal((await info()).pid, pid);
    }
    await crash();
    await delay(300);
    assert.equal((await info()).pid, pid, 'the document is the same: it was not loaded once more');
  });

  test('S25 an engine that does not stay up is told to the person once, and tried on', async () => {
    await app.evaluate(({ dialog }) => {
      globalThis.errorBoxes = [];
      dialog.showErrorBox = (...texts) => void globalThis.errorBoxes.push(texts);
    });
    for (let kills = 0; kills < 4; kills++) await killEngine();
    assert.ok((await info()).restarts >= 4);
    const boxes = await app.evaluate(() => globalThis.errorBoxes);
    assert.equal(boxes.length, 1);
    assert.match(boxes[0][0], /engine cannot start/);
  });

  test('quitting lets the engine finish; the window’s size and nothing else is remembered by the shell', async () => {
    const { pid } = await info();
    await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0].setBounds({ width: 1100, height: 700 }),
    );
    await app.close();
    await eventually(() => assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }));
    await start(['hindcast://aggregates']);
    const { width, height } = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0].getBounds(),
    );
    assert.deepEqual([width, height], [1100, 700]);
    assert.equal((await info()).restarts, 0);
    await win.waitForFunction(() => location.hash.startsWith('#/aggregates'));
  });
});
