// The window and its host, on the built bundles, on real Electron or its stand-in. S… are the rules of security.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  app,
  appDir,
  call,
  commands,
  eventually,
  info,
  onElectron,
  recordCommands,
  shell,
  start,
  stop,
  userData,
  win,
} from './harness.mjs';
import { installProbe } from './page.mjs';

describe(`window on ${shell?.name ?? 'nothing'}`, { skip: !shell }, () => {
  before(() => start());
  afterEach((t) => !t.passed && console.error(app?.report?.()));
  after(stop);

  test('the page loads without an error, and the engine answers it from another process', async () => {
    const { preloadErrors, blocked, mainErrors, pageErrors } = app.sim ?? {};
    assert.deepEqual([preloadErrors, blocked, mainErrors, pageErrors].flat().filter(Boolean), []);
    const { pid, door, restarts } = await info();
    assert.deepEqual([door, restarts], ['desktop', 0]);
    assert.notEqual(pid, await app.evaluate(() => process.pid));
    const text = await win.textContent('#root');
    assert.ok(text.length > 0, 'the page shows something');
  });

  test('S1 the window is made with every protection on', async () => {
    const given = onElectron
      ? await app.evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows()[0].webContents.getLastWebPreferences(),
        )
      : app.sim.calls.find(({ api }) => api === 'new BrowserWindow').args[0].webPreferences;
    const wanted = {
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
    };
    for (const [name, value] of Object.entries(wanted)) assert.equal(Boolean(given[name]), value, name);
  });

  test('S2 the sandbox is on for the whole app', (t) => {
    if (onElectron) return t.skip('recorded by the stand-in only');
    const names = app.sim.calls.map(({ api }) => api);
    assert.ok(names.indexOf('app.enableSandbox') >= 0);
    assert.ok(names.indexOf('app.enableSandbox') < names.indexOf('new BrowserWindow'));
  });

  test('S3 the page has nothing of Node, and the bridge has exactly the listed keys', async () => {
    const types = await win.evaluate(() =>
      ['require', 'process', 'Buffer', 'module', 'global', 'ipcRenderer', 'electron'].map(
        (name) => typeof globalThis[name],
      ),
    );
    assert.deepEqual(new Set(types), new Set(['undefined']));
    const bridge = await win.evaluate(() => [
      Object.keys(window.hindcast).sort(),
      Object.isFrozen(window.hindcast),
      window.hindcast.platform,
      window.hindcast.version,
    ]);
    const { version } = JSON.parse(readFileSync(path.join(appDir, 'package.json'), 'utf8'));
    const keys = ['connectEngine', 'onCommand', 'openFileDialog', 'platform', 'saveFileDialog', 'version'];
    assert.deepEqual(bridge, [keys, true, process.platform, version]);
  });

  test('S4 only files of the built page are served, with their type', async () => {
    const outcome = await win.evaluate(async () => {
      const script = document.querySelector('script[src]').src;
      const get = async (address) => {
        try {
          const answer = await fetch(address);
          return [answer.status, answer.headers.get('content-type')];
        } catch {
          return 'refused';
        }
      };
      const paths = [
        '/',
        script,
        '/..%2f..%2fpackage.json',
        '/assets/..%5c..%5cpackage.json',
        '/%2e%2e%2f%2e%2e%2fpackage.json',
        '/%00',
        '/../../package.json',
        '/package.json',
        '/main/index.js',
        '/assets',
        'file:///etc/passwd',
      ];
      return Promise.all(paths.map(get));
    });
    const plain = 'text/plain; charset=utf-8';
    assert.deepEqual(outcome, [
      [200, 'text/html; charset=utf-8'],
      [200, 'text/javascript; charset=utf-8'],
      [400, plain],
      [400, plain],
      [400, plain],
      [400, plain],
      [404, plain],
      [404, plain],
      [404, plain],
      [404, plain],
      'refused',
    ]);
  });

  test('S5 the policy is sent by header and holds', async () => {
    const headers = await win.evaluate(async () => Object.fromEntries((await fetch('/')).headers));
    assert.match(
      headers['content-security-policy'],
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    assert.equal(headers['x-content-type-options'], 'nosniff');
    const seen = await win.evaluate(async () => {
      const inline = document.createElement('script');
      inline.textContent = 'window.inlineRan = true';
      document.body.append(inline);
      const handler = document.createElement('div');
      handler.setAttribute('onclick', 'window.inlineRan = true');
      document.body.append(handler);
      handler.click();
      const style = document.createElement('style');
      style.textContent = 'body { outline: 7px solid rgb(1, 2, 3) }';
      document.head.append(style);
      const frame = document.createElement('iframe');
      frame.src = 'https://example.com/frame';
      document.body.append(frame);
      const violations = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        violations.push(event.effectiveDirective),
      );
      setTimeout('window.evaluated = true', 0);
      const fetched = await fetch('https://example.com/x').catch(() => 'refused');
      await new Promise((resolve) => setTimeout(resolve, 100));
      const seen = [
        window.inlineRan,
        window.evaluated,
        fetched,
        getComputedStyle(document.body).outlineWidth,
      ];
      for (const element of [inline, handler, style, frame]) element.remove();
      return [...seen, violations.includes('connect-src'), violations.includes('script-src')];
    });
    assert.deepEqual(seen.slice(0, 3), [undefined, undefined, 'refused']);
    assert.notEqual(seen[3], '7px');
    assert.deepEqual(seen.slice(4), [true, true]);
    assert.ok(
      !app.sim?.blocked.some((url) => url.startsWith('https://example.com/')),
      'the policy refused it',
    );
  });

  test('S6–S9 the window stays on its page; only listed links open, and outside', async () => {
    await app.evaluate(({ shell }) => {
      globalThis.openedLinks = [];
      shell.openExternal = async (url) => void globalThis.openedLinks.push(url);
    });
    const address = win.url();
    await win.evaluate(() => {
      const links = [
        'https://evil.example/',
        'https://kafka.apache.org.evil.example/',
        'http://kafka.apache.org/',
        'https://kafka.apache.org/documentation/',
      ];
      for (const link of links) window.open(link);
    });
    for (const away of [
      'https://evil.example/away',
      'file:///etc/passwd',
      'app://hindcast.evil/index.html',
    ]) {
      await win.evaluate((to) => location.assign(to), away);
      await delay(150);
    }
    await eventually(async () => {
      assert.deepEqual(await app.evaluate(() => globalThis.openedLinks), [
        'https://kafka.apache.org/documentation/',
      ]);
      assert.equal(app.windows().length, 1);
    });
    assert.equal(win.url(), address);
    assert.equal(await win.evaluate(() => typeof window.probe.call), 'function', 'the document is the same');
  });

  test('S10 permissions are denied, but for writing what the person copies', async (t) => {
    if (!app.askPermission) return t.skip('recorded by the stand-in only');
    for (const name of [
      'media',
      'geolocation',
      'notifications',
      'midi',
      'clipboard-read',
      'openExternal',
      'hid',
    ]) {
      assert.equal(await app.askPermission(win, name), false, name);
    }
    assert.equal(await app.askPermission(win, 'clipboard-sanitized-write'), true);
    const names = app.sim.calls.map(({ api }) => api);
    assert.ok(names.includes('session.setPermissionCheckHandler'));
    assert.ok(names.includes('session.setDevicePermissionHandler'));
    assert.ok(names.includes('session.setDisplayMediaRequestHandler'));
  });

  test('S11 messages of foreign senders and with wrong arguments are refused', async () => {
    const given = await app.evaluate(({ BrowserWindow, ipcMain }) => {
      const contents = BrowserWindow.getAllWindows()[0].webContents;
      const real = contents.postMessage;
      let ports = 0;
      contents.postMessage = () => {
        ports += 1;
      };
      const nonce = '123e4567-e89b-42d3-a456-426614174000';
      const ask = (url, parent, value) => {
        const senderFrame = url && { url, parent };
        ipcMain.emit('engine:connect', { sender: contents, senderFrame }, value);
        const count = ports;
        ports = 0;
        return count;
      };
      const counts = [
        ask('https://evil.example/', null, nonce),
        ask('app://evil/', null, nonce),
        ask('app://hindcast.evil/', null, nonce),
        ask('file:///app://hindcast/', null, nonce),
        ask('app://hindcast/', {}, nonce),
        ask(null, null, nonce),
        ask('app://hindcast/', null, 'not-a-nonce'),
        ask('app://hindcast/', null, { length: 36 }),
        ask('app://hindcast/', null, undefined),
        ask('app://hindcast/', null, nonce),
      ];
      contents.postMessage = real;
      return counts;
    });
    assert.deepEqual(given, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    const refused = await win.evaluate(() =>
      window.hindcast.openFileDialog('../etc').catch(({ message }) => message),
    );
    assert.match(refused, /refused/);
  });

  test('S12 listeners get the command without an event, and unsubscribing works', async () => {
    await recordCommands();
    const click = (id) =>
      app.evaluate(({ Menu }, id) => void Menu.getApplicationMenu().getMenuItemById(id).click(), id);
    await click('palette');
    await eventually(async () => assert.deepEqual(await commands(), [[{ name: 'palette' }]]));
    await click('theme-dark');
    await click('keys');
    await eventually(async () =>
      assert.deepEqual((await commands()).slice(1), [[{ name: 'theme', theme: 'dark' }], [{ name: 'keys' }]]),
    );
    await click('theme-system');
    await eventually(async () => assert.equal((await commands()).length, 4));
    await win.evaluate(() => window.stopCommands());
    await click('keys');
    await delay(150);
    assert.equal((await commands()).length, 4);
    await win.keyboard.press('Escape');
    await win.keyboard.press('Escape');
  });

  test('S12 a port that does not come from the preload is not used', async () => {
    const got = await win.evaluate(async () => {
      const heard = [];
      const listen = ({ data }) => heard.push(data?.nonce);
      window.addEventListener('message', listen);
      window.hindcast.connectEngine('no-uuid');
      await new Promise((resolve) => setTimeout(resolve, 150));
      window.removeEventListener('message', listen);
      return heard;
    });
    assert.deepEqual(got, []);
  });

  test('S13 what a hostile page sends leaves the engine up', async () => {
    const { pid } = await info();
    const errors = await win.evaluate(async () => {
      const { probe } = window;
      const before = probe.strays.length;
      const call = (rest) => probe.frame(`{"t":"call","id":9000,"p":"workspace.openFile",${rest}}`);
      const frames = [
        new Uint8Array(0),
        Uint8Array.of(255, 255, 255, 255, 1),
        probe.frame('null'),
        probe.frame('{"t":"call","id":{},"p":[],"i":1}'),
        probe.frame('{"t":"call","id":9000,"p":"__proto__.x","i":{}}'),
        call('"i":{"token":{"a":1}}'),
        call('"i":{"token":"x","__proto__":{"a":1}}'),
        call(`"i":${'['.repeat(100_000)}${']'.repeat(100_000)}`),
        probe.frame(`"${'x'.repeat(10_000_000)}"`),
      ];
      for (const frame of frames) probe.raw(frame);
      for (let tries = 0; probe.strays.length < before + frames.length && tries < 200; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return probe.strays.slice(before).map(({ e }) => e.code);
    });
    assert.deepEqual(errors, [
      ...['input.invalid', 'input.invalid', 'input.invalid', 'input.invalid', 'procedure.unknown'],
      ...['input.invalid', 'input.invalid', 'input.invalid', 'input.too-large'],
    ]);
    assert.equal((await info()).pid, pid);
  });

  test('S13 what is no bytes costs the page its port, and no more', async () => {
    const { pid } = await info();
    await win.evaluate(() => window.probe.raw({ any: 'thing' }));
    await win.waitForFunction(() => window.probe.closed);
    await win.evaluate(installProbe);
    assert.equal((await info()).pid, pid);
  });

  test('S14 a file is a token from a dialog, usable once; a path of the page is none', async () => {
    const file = path.join(userData, 'no-workspace.hindcast');
    writeFileSync(file, 'something else');
    await app.evaluate(({ dialog }, file) => {
      globalThis.realDialog = dialog.showOpenDialog;
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [file] });
    }, file);
    const token = await win.evaluate(() => window.hindcast.openFileDialog('workspace'));
    assert.ok(!token.includes(path.sep));
    const open = async (value) => (await call('workspace.openFile', { token: value })).error;
    assert.equal((await open(file)).code, 'file.token');
    assert.equal((await open('made-up')).code, 'file.token');
    const first = await open(token);
    assert.equal(first.code, 'workspace.not-ours');
    assert.equal((await open(token)).code, 'file.token');
    await recordCommands();
    await app.evaluate(
      ({ Menu }) => void Menu.getApplicationMenu().getMenuItemById('open-recording').click(),
    );
    await eventually(async () => assert.equal((await commands())[0][0].name, 'open-file'));
    await app.evaluate(({ dialog }) => {
      dialog.showOpenDialog = async () => ({ canceled: true, filePaths: [] });
    });
    assert.equal(await win.evaluate(() => window.hindcast.openFileDialog('recording')), null);
    await win.evaluate(() => window.stopCommands());
  });

  test('S17 one instance; links and files of a second start are checked', async () => {
    if (!onElectron) assert.ok(app.sim.calls.some(({ api }) => api === 'app.requestSingleInstanceLock'));
    await recordCommands();
    const secondStart = (argv) =>
      app.evaluate(({ app }, argv) => void app.emit('second-instance', {}, argv, '/'), argv);
    await secondStart(['hindcast', 'https://evil.example/']);
    await secondStart(['hindcast', 'hindcast://user@evil/']);
    await secondStart(['hindcast', '/etc/passwd']);
    await secondStart('hindcast://events');
    await secondStart(['hindcast', 'hindcast://events?known=2025-01-01T00:00:00Z']);
    await eventually(async () => assert.equal((await commands()).length, 1));
    assert.deepEqual(await commands(), [[{ name: 'go', address: '#/events?known=2025-01-01T00:00:00Z' }]]);
    await secondStart(['hindcast', '/somewhere/audit.hindcast']);
    await eventually(async () => assert.equal((await commands())[1][0].name, 'open-file'));
    await win.evaluate(() => window.stopCommands());
    assert.equal(app.windows().length, 1);
  });
});
