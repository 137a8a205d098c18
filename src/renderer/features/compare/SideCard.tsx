import { ChevronLeft, ChevronRight, Pencil } from 'lucide-react';
import type { ComparedSide, CompareSide } from '../../../contract/compare.ts';
import { pinnedReducer } from '../../../core/reducerPin.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { cx } from '../../components/cx.ts';
import { Menu, MenuArrow } from '../../components/Menu.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatTime, plural } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { typeTitle } from '../aggregates/names.ts';
import styles from './compare.module.css';
import { placeWords, type SideName } from './sides.ts';

interface SideCardProps {
  name: SideName;
  side: CompareSide | null;
  /** What the engine found there; undefined while it is asked. */
  compared: ComparedSide | undefined;
  onChange: (side: CompareSide) => void;
  onStep: (way: 'earlier' | 'later') => void;
  onEdit: () => void;
}

/** One of the two points: whose state, after which event, as of when, folded by what. */
export function SideCard({ name, side, compared, onChange, onStep, onEdit }: SideCardProps) {
  const letter = name.toUpperCase();
  const reducer = compared?.reducer.name;
  const versions = useEngineQuery(
    ['aggregates', 'reducerVersions'],
    { name: reducer ?? '' },
    { enabled: reducer !== undefined },
  );
  const earlier = (versions.data ?? []).filter((each) => each.name === reducer && !each.isPresent);
  const keys = name === 'b' ? ['arrowleft', 'arrowright'] : ['shift+arrowleft', 'shift+arrowright'];
  return (
    <section className={styles.card} aria-label={`Side ${letter}`}>
      <span className={cx(styles.badge, styles[name])} aria-hidden="true">
        {letter}
      </span>
      <span className={styles.cardTitle}>
        {side === null ? (
          'Not chosen yet'
        ) : (
          <>
            {typeTitle(side.ref.type)}{' '}
            <span className="mono" title={shown(side.ref.id)}>
              {shown(compared?.title ?? side.ref.id)}
            </span>
          </>
        )}
      </span>
      <div className={styles.cardTools}>
        {side === null ? null : (
          <>
            <IconButton
              label={`One event earlier in ${letter}`}
              keys={keys[0]!}
              disabled={compared?.earlier == null}
              onClick={() => onStep('earlier')}
            >
              <ChevronLeft />
            </IconButton>
            <IconButton
              label={`One event later in ${letter}`}
              keys={keys[1]!}
              disabled={compared?.later == null}
              onClick={() => onStep('later')}
            >
              <ChevronRight />
            </IconButton>
          </>
        )}
        {side === null || compared === undefined ? null : (
          <Menu
            align="end"
            trigger={
              <Button look="quiet" title={`The reducer that folds ${letter}`} className={styles.reducer}>
                <span className="ellipsis">{shown(compared.reducer.name)}</span> v{compared.reducer.version}
                <MenuArrow />
              </Button>
            }
            groups={[
              {
                id: 'reducers',
                label: `Fold ${letter} with`,
                items: compared.reducers.map((each) => ({
                  id: each.name,
                  label: `${shown(each.name)} v${each.version}`,
                  hint: each.builtIn ? 'built in' : undefined,
                  checked: each.name === compared.reducer.name && each.pin === compared.reducer.pin,
                  run: () => onChange({ ...side, reducer: each.name }),
                })),
              },
              ...(earlier.length === 0
                ? []
                : [
                    {
                      id: 'earlier',
                      label: `${shown(compared.reducer.name)} as it was`,
                      items: earlier.map(({ name: reducer, pin, version, savedAt }) => ({
                        id: pin,
                        label: `v${version} (${pin})`,
                        hint: savedAt === null ? undefined : formatTime(savedAt, 'min'),
                        checked: pin === compared.reducer.pin,
                        run: () => onChange({ ...side, reducer: pinnedReducer(reducer, pin) }),
                      })),
                    },
                  ]),
            ]}
          />
        )}
        {side === null ? (
          <Button icon={<Pencil />} onClick={onEdit} keys={name}>
            Choose {letter}
          </Button>
        ) : (
          <IconButton label={`Change ${letter}`} keys={name} onClick={onEdit}>
            <Pencil />
          </IconButton>
        )}
      </div>
      {side === null ? null : (
        <div className={styles.cardWords}>
          <span className={styles.cardEvent} title={shown(compared?.event?.sentence ?? '')}>
            {compared === undefined
              ? '…'
              : compared.event === null
                ? 'Nothing has happened yet'
                : `v${compared.event.version ?? formatCount(compared.index + 1)} · ${shown(compared.event.sentence)}`}
          </span>
          <span className={styles.cardPlace}>
            {compared === undefined ? '…' : placeWords(side, compared)}
          </span>
          <span className={styles.cardTags}>
            {compared === undefined || compared.moved === 0 ? null : (
              <Tag tone="warn">
                {plural(compared.moved, 'event')} moved to where {compared.moved === 1 ? 'it' : 'they'}{' '}
                occurred
              </Tag>
            )}
            {compared === undefined || compared.problems === 0 ? null : (
              <Tag tone="warn">{plural(compared.problems, 'event')} not wholly applied</Tag>
            )}
            {compared?.coverage.state === 'partial' ? (
              <Tag tone="warn" title={shown(compared.coverage.summary)}>
                partial
              </Tag>
            ) : null}
          </span>
        </div>
      )}
    </section>
  );
}
