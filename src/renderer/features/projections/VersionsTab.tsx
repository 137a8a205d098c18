import { RotateCcw } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { DefinitionVersion } from '../../../contract/definitionTry.ts';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { cx } from '../../components/cx.ts';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { formatAge, formatTime } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { invalidate, useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { laidOut, partsOf } from './definitionText.ts';
import { diffLines } from './lineDiff.ts';
import styles from './projections.module.css';
import { ResultChanges } from './ResultChanges.tsx';
import versionStyles from './versions.module.css';

const ignoreRange = () => {};
type Side = 'results' | 'text';

/** What the definition was, and what its changes did to the rows. */
export function VersionsTab({
  status,
  aggregateType,
}: {
  status: ProjectionStatus;
  aggregateType: string | null;
}) {
  const versions = useEngineQuery(['projections', 'versions'], { name: status.name });
  const [selected, setSelected] = useState(0);
  const [side, setSide] = useState<Side>('results');
  if (versions.error !== null)
    return <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />;
  if (versions.data === undefined) return <Skeleton lines={8} />;
  const all = versions.data;
  const at = Math.min(selected, all.length - 1);
  const isKept = status.kept.some(({ hash }) => hash === all[at]?.hash);
  const shownSide: Side = at === 0 || isKept ? side : 'text';
  return (
    <Columns
      id="projection-versions"
      columns={[
        { id: 'list', size: 250, min: 180 },
        { id: 'what', min: 380 },
      ]}
    >
      <Panel label="Versions" fills head={<PanelHeader title="Versions" note={all.length} />}>
        <VirtualList<DefinitionVersion>
          label="Versions"
          total={all.length}
          getRow={(index) => all[index]}
          onRange={ignoreRange}
          selected={at}
          onSelect={setSelected}
          render={(version, index) => (
            <VersionLine version={version} status={status} isNewest={index === 0} />
          )}
        />
      </Panel>
      <Panel
        label="What changed"
        fills
        head={
          <PanelHeader
            title="What changed"
            note={shownSide === 'results' || all[at + 1] === undefined ? undefined : noteOf(all, at)}
          >
            {at === 0 || isKept ? (
              <Segmented<Side>
                label="What changed in"
                value={shownSide}
                onValue={setSide}
                options={[
                  { value: 'results', label: 'Results' },
                  { value: 'text', label: 'Definition' },
                ]}
              />
            ) : null}
            {at === 0 ? null : <RestoreButton version={all[at]!} />}
          </PanelHeader>
        }
      >
        {shownSide === 'results' ? (
          <ResultChanges
            key={all[at]!.hash}
            status={status}
            aggregateType={aggregateType}
            before={at === 0 ? null : all[at]!.hash}
          />
        ) : (
          <TextChanges version={all[at]!} before={all[at + 1] ?? null} />
        )}
      </Panel>
    </Columns>
  );
}

const noteOf = (all: readonly DefinitionVersion[], at: number): string =>
  `version ${all[at + 1]!.version} → ${all[at]!.version}`;

function VersionLine({
  version: { version, hash, savedAt },
  status,
  isNewest,
}: {
  version: DefinitionVersion;
  status: ProjectionStatus;
  isNewest: boolean;
}) {
  const now = useNow();
  const age = savedAt === null ? 'built in' : `saved ${formatAge(savedAt, Math.max(now, savedAt))}`;
  const isPrevious = status.kept.some((build) => build.hash === hash);
  return (
    <div className={styles.item} title={savedAt === null ? undefined : `${formatTime(savedAt)} UTC`}>
      <span className={styles.itemTitle}>
        <span>
          Version {version} <span className={styles.subjectName}>{hash.slice(0, 8)}</span>
        </span>
      </span>
      <span className={styles.itemNote}>
        {age}
        {isNewest ? ' · the present one' : isPrevious ? ' · its result is kept' : ''}
      </span>
    </div>
  );
}

/** Makes an earlier definition the present one; the present one stays among the versions. */
function RestoreButton({ version }: { version: DefinitionVersion }) {
  const save = useEngineAction(['projections', 'save'], {
    onSuccess: () => {
      invalidate(['projections']);
      toast(`Version ${version.version} is the present definition again.`, {
        detail: 'Rebuild to see its rows.',
      });
    },
  });
  return (
    <Button
      icon={<RotateCcw />}
      disabled={save.isPending}
      onClick={() => save.mutate({ definition: version.definition }, { onError: toastError })}
    >
      Restore this version
    </Button>
  );
}

/** JSON laid out, then the program with lines of its own. */
function readable(definition: string): string {
  const { text, program } = partsOf(definition);
  return program === null ? laidOut(definition) : `${text}\n\n${program}`;
}

const SIGNS = { same: ' ', removed: '−', added: '+' } as const;
/** Unchanged lines kept around a change. */
const AROUND = 3;

function TextChanges({ version, before }: { version: DefinitionVersion; before: DefinitionVersion | null }) {
  const lines = useMemo(
    () => diffLines(before === null ? '' : readable(before.definition), readable(version.definition)),
    [version, before],
  );
  if (before === null)
    return (
      <EmptyState title="This is the first version that was kept">
        Every save that changes the definition keeps the one before here.
      </EmptyState>
    );
  const near = new Set<number>();
  for (const [index, { kind }] of lines.entries())
    if (kind !== 'same') for (let n = index - AROUND; n <= index + AROUND; n += 1) near.add(n);
  if (near.size === 0) return <EmptyState title="Only spaces or the order of keys differ." />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section className={versionStyles.diff} tabIndex={0} aria-label="Changes of the definition">
      {lines.map((line, index) =>
        near.has(index) ? (
          <div
            key={`${line.before} ${line.after}`}
            className={cx(versionStyles.diffLine, versionStyles[line.kind])}
          >
            <span aria-hidden="true">{line.before ?? ''}</span>
            <span aria-hidden="true">{line.after ?? ''}</span>
            <span aria-hidden="true">{SIGNS[line.kind]}</span>
            <code>
              {line.kind === 'same' ? null : <span className="sr-only">{line.kind} </span>}
              {line.text}
            </code>
          </div>
        ) : near.has(index - 1) && index > 0 ? (
          <div key={`gap ${line.before} ${line.after}`} className={versionStyles.gap}>
            …
          </div>
        ) : null,
      )}
    </section>
  );
}
