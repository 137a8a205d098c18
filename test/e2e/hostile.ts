// A small workspace of records that a page could stumble over, made by the product's own store.
import { join } from 'node:path';
import { appendRecords, type ImportRecord } from '../../src/engine/capture/import.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const START = Date.UTC(2026, 0, 5, 12);

export const HTML = `<img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script>`;
export const BIDI = 'pay \u202eelgoog\u202c now';
export const CONTROL = 'a\u0000b\u0007c\u001b[31m';
export const BIG = '123456789012345678901234567890';
export const ABOVE_2_53 = '9007199254740993';
export const DECIMAL = '1250.00';

/** Values by what they are; each becomes the one record of a topic of that name. */
const VALUES: Record<string, Uint8Array | null> = {
  html: bytes(JSON.stringify({ note: HTML, [HTML]: 1 })),
  bidi: bytes(JSON.stringify({ note: BIDI, control: CONTROL })),
  numbers: bytes(`{"big":${BIG},"above":${ABOVE_2_53},"amount":${DECIMAL},"list":[${DECIMAL},-0.0010]}`),
  proto: bytes('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  deep: bytes(`${'['.repeat(5_000)}1${']'.repeat(5_000)}`),
  broken: bytes('{"half":'),
  binary: Uint8Array.of(0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28),
};

/** Ten headers whose values are easily taken for one another. */
const HEADERS: ImportRecord['headers'] = [
  ['absent', null],
  ['empty', new Uint8Array(0)],
  ['word', bytes('null')],
  ['trace', bytes('one')],
  ['trace', bytes('two')],
  ['trace', bytes('two')],
  ['', bytes('nameless')],
  ['html', bytes(HTML)],
  ['bidi', bytes(BIDI)],
  ['raw', Uint8Array.of(0xff, 0x00)],
];

/** Makes the workspace file and returns its path. */
export async function makeHostileWorkspace(folder: string): Promise<string> {
  const file = join(folder, 'hostile.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  const records = Object.entries(VALUES).map(
    ([topic, value], at): ImportRecord => ({
      topic,
      partition: 0,
      key: bytes(topic === 'html' ? HTML : `key-${topic}`),
      value,
      headers: HEADERS,
      timestamp: START + at * 1_000,
    }),
  );
  await appendRecords(workspace, records, { clusterId: 'hostile' });
  await workspace.close();
  return file;
}
