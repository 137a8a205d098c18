import { useState } from 'react';
import type { WorkspaceInfo } from '../../../contract/workspace.ts';
import type { WorkspaceContents } from '../../../contract/workspaceWork.ts';
import { Button } from '../../components/Button.tsx';
import { KeyValue } from '../../components/KeyValue.tsx';
import { Callout, Section } from '../../components/Panel.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { shown } from '../../lib/escape.ts';
import { formatAge, formatBytes, formatCount, formatTime } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import styles from './Workspace.module.css';

const SEAL_WORDS: Record<WorkspaceContents['seal']['state'], string> = {
  none: 'none: only recordings are sealed',
  checking: 'is being compared …',
  whole: 'whole: it is what was saved',
  damaged: 'damaged',
};

/** Facts about the file: size, pages, format, seal, what is made from it. */
export function FilePanel({ info, contents }: { info: WorkspaceInfo; contents: WorkspaceContents }) {
  const now = useNow();
  const { seal } = contents;
  const share = contents.recordBytes === 0 ? null : info.sizeBytes / contents.recordBytes;
  const free = contents.freePages * contents.pageBytes;
  return (
    <>
      {seal.state !== 'damaged' ? null : (
        <Callout title="This recording is damaged">
          <p className={styles.text}>
            {shown(seal.problem)}. Check it to see which records can be used, and ask for another copy.
          </p>
        </Callout>
      )}
      <Section title="File">
        <KeyValue
          rows={[
            { name: 'path', value: <span className={styles.whole}>{shown(info.file)}</span> },
            { name: 'kind', value: `${info.kind}${info.readOnly ? ', read-only' : ''}` },
            {
              name: 'size',
              value: `${formatBytes(info.sizeBytes)}${share === null ? '' : ` · ${share.toFixed(2)} × the records’ own bytes`}`,
            },
            { name: 'records’ bytes', value: formatBytes(contents.recordBytes) },
            {
              name: 'free pages',
              value: `${formatCount(contents.freePages)} of ${formatCount(contents.pages)} · ${formatBytes(free)}`,
            },
            {
              name: 'format',
              value: `${contents.format}${contents.format === contents.newestFormat ? ', the newest' : ` of ${contents.newestFormat}`}`,
            },
            {
              name: 'cluster id',
              value: info.clusterId === null ? '—' : shown(info.clusterId),
              title: info.clusterId ?? '',
            },
            {
              name: 'created',
              value: contents.createdAt === null ? '—' : formatTime(contents.createdAt, 's'),
            },
            {
              name: 'last capture',
              value:
                contents.lastCaptureAt === null
                  ? '—'
                  : `${formatTime(contents.lastCaptureAt, 's')}, ${formatAge(contents.lastCaptureAt, Math.max(now, contents.lastCaptureAt))}`,
            },
            { name: 'seal', value: SEAL_WORDS[seal.state] },
            ...(seal.hash === null ? [] : [{ name: 'SHA-256', value: seal.hash, title: seal.hash }]),
          ]}
        />
      </Section>
      <Parts contents={contents} />
      <SideFiles contents={contents} />
    </>
  );
}

function Parts({ contents }: { contents: WorkspaceContents }) {
  const [wanted, setWanted] = useState(false);
  const measured = useEngineQuery(['workspace', 'contents'], { measure: true }, { enabled: wanted });
  const indexes = contents.parts.filter(({ kind }) => kind === 'index').length;
  const parts = (measured.data?.parts ?? []).filter(({ bytes }) => (bytes ?? 0) > contents.pageBytes);
  const total = parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  return (
    <Section
      title="Tables and indexes"
      note={`${formatCount(contents.parts.length - indexes)} tables, ${formatCount(indexes)} indexes`}
    >
      {measured.error !== null ? (
        <ErrorState error={measured.error} onRetry={() => void measured.refetch()} compact />
      ) : !wanted ? (
        <Button onClick={() => setWanted(true)}>Measure their sizes</Button>
      ) : measured.data === undefined ? (
        <Skeleton lines={5} />
      ) : (
        <ul className={styles.sizes}>
          {parts.map(({ name, bytes, note }) => (
            <li key={name} title={note}>
              <span className={styles.sizeName}>{name}</span>
              <span className={styles.sizeNote}>{note}</span>
              <span className={styles.sizeBytes}>{formatBytes(bytes ?? 0)}</span>
              <span className={styles.sizeBar} aria-hidden="true">
                <span style={{ width: `${(100 * (bytes ?? 0)) / total}%` }} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function SideFiles({ contents }: { contents: WorkspaceContents }) {
  return (
    <Section title="Beside it">
      {contents.sideFiles.length === 0 ? (
        <p className={styles.text}>Nothing. Tables of projections and full-text indexes would stand here.</p>
      ) : (
        <KeyValue
          rows={[...Map.groupBy(contents.sideFiles, ({ what }) => what)].map(([what, files]) => ({
            name: formatBytes(files.reduce((sum, { bytes }) => sum + bytes, 0)),
            value: (
              <span className={styles.sideFile}>
                {what}
                {files.length === 1 ? '' : ` · ${formatCount(files.length)} files`}
                {files.every(({ isCache }) => isCache) ? ' · can be made again' : ''}
              </span>
            ),
            title: files.map(({ file, bytes }) => `${shown(file)}: ${formatBytes(bytes)}`).join('\n'),
          }))}
        />
      )}
    </Section>
  );
}
