// What the capture tests share: a workspace of their own per test, and what is stored as plain rows.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type {
  CaptureFrom,
  CaptureOutcome,
  CaptureProgress,
  CaptureTo,
} from '../../../src/engine/capture/types.ts';
import { decodeHeaders } from '../../../src/engine/kafka/headers.ts';
import { OFFSET_SPAN } from '../../../src/engine/store/ids.ts';
import { RecordBytes } from '../../../src/engine/store/recordBytes.ts';
import { openWorkspace, type Workspace } from '../../../src/engine/store/workspace.ts';
import type { KafkaHandle } from '../../kafka/broker.ts';
import { connectionTo, type Row } from '../kafka/support.ts';

export interface Place {
  file(name: string): string;
  /** A new workspace, closed when the place is removed. */
  make(name: string): Promise<{ workspace: Workspace; file: string }>;
  remove(): Promise<void>;
}

export function temporaryPlace(): Place {
  const dir = mkdtempSync(join(tmpdir(), 'hindcast-capture-'));
  const made: Workspace[] = [];
  const fileOf = (name: string) => join(dir, `${name}.hindcast`);
  return {
    file: fileOf,
    async make(name) {
      const file = fileOf(name);
      const workspace = await create(file);
      made.push(workspace);
      return { workspace, file };
    },
    async remove() {
      for (const workspace of made) await workspace.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const create = (file: string): Promise<Workspace> =>
  openWorkspace(file, { mode: 'create', log: () => {} });

export function capture(
  workspace: Workspace,
  kafka: KafkaHandle,
  topics: string[],
  options: {
    from?: CaptureFrom;
    to?: CaptureTo;
    key?: string;
    signal?: AbortSignal;
    onProgress?: (progress: CaptureProgress) => void;
  } = {},
): Promise<CaptureOutcome> {
  return workspace.capture(
    {
      connection: connectionTo(kafka),
      topics,
      from: options.from ?? 'earliest',
      ...(options.to === undefined ? {} : { to: options.to }),
      ...(options.key === undefined ? {} : { key: Buffer.from(options.key) }),
    },
    {
      signal: options.signal ?? new AbortController().signal,
      onProgress: options.onProgress ?? (() => {}),
    },
  );
}

/** Everything stored of a topic but transaction markers, read past our lists and queries. */
export function storedRows(file: string, topic: string): Row[] {
  const db = new Database(file, { readonly: true });
  try {
    const records = db
      .prepare(
        `SELECT r.id, r.ts, r.verdict, p.partition FROM record r
         JOIN partition p ON p.no = r.id / ${OFFSET_SPAN} JOIN topic t ON t.id = p.topic_id
         WHERE t.name = ? AND r.verdict <> 3 ORDER BY p.partition, r.id`,
      )
      .all(topic) as { id: number; ts: number; verdict: number; partition: number }[];
    const bytes = new RecordBytes(db);
    const text = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part).toString());
    return records.map((record) => {
      const { key, value, headers } = bytes.body(record.id);
      return {
        partition: record.partition,
        offset: record.id % OFFSET_SPAN,
        timestamp: record.ts,
        key: text(key),
        value: text(value),
        headers: decodeHeaders(headers ?? new Uint8Array(0)).map(({ key: name, value: of }) => [
          name,
          text(of),
        ]),
        verdict: record.verdict,
      };
    });
  } finally {
    db.close();
  }
}

/** Coverage of a topic's partitions as numbers; throws when they do not add up. */
export async function coverageOf(workspace: Workspace, topic: string) {
  const { partitions, badge } = await workspace.read('workspace.coverage', { topics: [topic] });
  const numbers = partitions.map((each) => {
    const n = {
      partition: each.partition,
      askedFrom: Number(each.askedFrom),
      askedTo: Number(each.askedTo),
      asked: Number(each.asked),
      stored: Number(each.stored),
      control: Number(each.control),
      absent: Number(each.absent),
      retention: Number(each.retention),
      unreadable: Number(each.unreadable),
      notRead: Number(each.notRead),
      committed: Number(each.committed),
      aborted: Number(each.aborted),
      open: Number(each.open),
      end: Number(each.end),
      beforeWorkspace: Number(each.beforeWorkspace),
      notAsked: Number(each.notAsked),
      keptByKey: Number(each.keptByKey),
      unaccounted: Number(each.unaccounted),
      keys: each.keys,
      aside: each.aside,
      topicId: each.topicId,
      reasons: each.missing.map(({ reason }) => reason),
      complete: each.complete,
    };
    const name = `${topic}/${n.partition}`;
    const sum = n.stored + n.control + n.absent + n.retention + n.unreadable + n.notRead;
    if (sum !== n.asked || n.unaccounted !== 0)
      throw new Error(`${name}: asked ${n.asked}, accounted for ${sum} (${n.unaccounted})`);
    if (n.beforeWorkspace + n.asked + n.notAsked !== n.end) throw new Error(`${name}: ${JSON.stringify(n)}`);
    if (n.committed + n.aborted + n.open !== n.stored + n.keptByKey)
      throw new Error(`${name}: ${JSON.stringify(n)}`);
    return n;
  });
  return { badge, partitions: numbers };
}
