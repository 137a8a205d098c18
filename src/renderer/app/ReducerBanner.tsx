import { History } from 'lucide-react';
import { splitReducer } from '../../core/reducerPin.ts';
import { Button } from '../components/Button.tsx';
import { cx } from '../components/cx.ts';
import { paramsOf } from '../features/compare/sides.ts';
import { go, useAddress } from '../lib/address.ts';
import { shown } from '../lib/escape.ts';
import { setFocus, useFocus } from '../lib/focus.ts';
import { useEngineQuery } from '../lib/queries.ts';
import styles from './Banners.module.css';

/** The focus names a version of a reducer that is not the present one: says so, and offers both. */
export function ReducerBanner() {
  const { reducer, cut } = useFocus();
  const { segments } = useAddress();
  const { name, pin } = splitReducer(reducer ?? '');
  const versions = useEngineQuery(['aggregates', 'reducerVersions'], { name }, { enabled: pin !== null });
  const { data } = versions;
  const present = data?.[0];
  if (pin === null || data === undefined || present === undefined || present.pin === pin) return null;
  const asked = data.find((each) => each.pin === pin);
  const [screen, type, id] = segments;
  const words =
    asked === undefined
      ? `This view was made with definition ${pin} of ${shown(name)}, which is not kept on this machine. The present one is version ${present.version} (${present.pin}).`
      : `Folded with an earlier definition of ${shown(name)}: version ${asked.version} (${pin}), as this view was made. The present one is version ${present.version} (${present.pin}).`;
  return (
    <div className={cx(styles.banner, styles.note)}>
      <History /> {words}
      <span className={styles.end}>
        {asked === undefined || screen !== 'aggregates' || id === undefined ? null : (
          <Button
            onClick={() => {
              const side = { ref: { type: type!, id }, cut, at: 'last' as const };
              go(['compare'], {
                ...paramsOf('a', { ...side, reducer }),
                ...paramsOf('b', { ...side, reducer: name }),
              });
            }}
          >
            Compare both
          </Button>
        )}
        <Button look="primary" onClick={() => setFocus({ reducer: name })}>
          Use the present one
        </Button>
      </span>
    </div>
  );
}
