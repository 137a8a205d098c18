import { Clock } from 'lucide-react';
import { useEffect, useState } from 'react';
import { pinnedReducer, splitReducer } from '../../core/reducerPin.ts';
import { Button } from '../components/Button.tsx';
import { cx } from '../components/cx.ts';
import { Field, Input } from '../components/Field.tsx';
import { Menu } from '../components/Menu.tsx';
import { Popover } from '../components/Popover.tsx';
import { shown } from '../lib/escape.ts';
import { type Focus, setFocus, useFocus } from '../lib/focus.ts';
import { formatIso } from '../lib/format.ts';
import { parseMoment } from '../lib/moment.ts';
import { useReducerOffer } from '../lib/reducers.ts';
import styles from './FocusBar.module.css';

/** `2025-12-31 23:59:59.999 UTC`, as a person may also type it. */
const typed = (ms: number): string => formatIso(ms).replace('T', ' ').replace('Z', ' UTC');

/** As of which time, by which clock, folded by which reducer: the one control that all panels follow. */
export function FocusBar({ open, onOpen }: { open: boolean; onOpen: (open: boolean) => void }) {
  const focus = useFocus();
  const { knownOn, trueOn } = focus;
  const time = trueOn ?? knownOn;
  return (
    <fieldset className={cx(styles.bar, time !== null && styles.past)} aria-label="Time to look at">
      <Popover
        label="Time to look at"
        align="center"
        open={open}
        onOpenChange={onOpen}
        className={styles.popover}
        trigger={
          <button type="button" className={styles.part}>
            <Clock />
            <span className="dim">As of</span>
            <span className={cx('mono', styles.time)}>{time === null ? 'now' : typed(time)}</span>
          </button>
        }
      >
        <FocusForm key={`${open} ${knownOn} ${trueOn}`} focus={focus} onDone={() => onOpen(false)} />
      </Popover>
      <ClockButton
        on={knownOn !== null && trueOn === null}
        disabled={time === null}
        title="What the system itself had recorded by then"
        onClick={() => setFocus({ knownOn: time, trueOn: null })}
      >
        known on
      </ClockButton>
      <ClockButton
        on={trueOn !== null}
        disabled={time === null}
        title={
          knownOn !== null && trueOn !== null
            ? `What had happened by then, of what was known on ${typed(knownOn)}`
            : 'What had happened by then, by what is known now'
        }
        onClick={() => setFocus({ trueOn: time, knownOn: trueOn === null ? null : knownOn })}
      >
        true on{knownOn !== null && trueOn !== null ? ' · known earlier' : ''}
      </ClockButton>
      <ReducerPart focus={focus} />
    </fieldset>
  );
}

interface ClockButtonProps {
  on: boolean;
  disabled: boolean;
  title: string;
  onClick: () => void;
  children: React.ReactNode;
}

function ClockButton({ on, disabled, title, onClick, children }: ClockButtonProps) {
  return (
    <button
      type="button"
      className={cx(styles.part, on && styles.on)}
      aria-pressed={on}
      disabled={disabled}
      title={title}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

function ReducerPart({ focus }: { focus: Focus }) {
  const { choices, used } = useReducerOffer();
  const asked = focus.reducer === null ? null : splitReducer(focus.reducer);
  const name = asked?.name ?? used?.name ?? null;
  if (name === null) return null;
  const present = choices.find((choice) => choice.name === name);
  const shownOne = used?.name === name ? used : present;
  const version = shownOne?.version;
  const isEarlier = present !== undefined && (asked?.pin ?? present.pin) !== present.pin;
  return (
    <Menu
      align="end"
      trigger={
        <button
          type="button"
          className={cx(styles.part, styles.reducer)}
          title={
            shownOne === undefined
              ? 'The reducer that folds the events'
              : `The reducer that folds the events; definition ${shownOne.pin}${isEarlier ? ', an earlier one' : ''}`
          }
        >
          <span className="ellipsis">{shown(name)}</span> {version === undefined ? '' : `v${version}`}
          {isEarlier ? ' earlier' : ''}
        </button>
      }
      groups={[
        {
          id: 'reducers',
          label: 'Fold with',
          items: choices.map((choice) => ({
            id: choice.name,
            label: `${shown(choice.name)} v${choice.version}`,
            hint: choice.builtIn ? 'built in' : undefined,
            checked: choice.name === name && !isEarlier,
            run: () => setFocus({ reducer: pinnedReducer(choice.name, choice.pin) }),
          })),
        },
        {
          id: 'usual',
          items: [
            {
              id: 'usual',
              label: 'The usual one',
              checked: focus.reducer === null,
              run: () => setFocus({ reducer: null }),
            },
          ],
        },
      ]}
    />
  );
}

function FocusForm({ focus, onDone }: { focus: Focus; onDone: () => void }) {
  const [known, setKnown] = useState(focus.knownOn === null ? '' : typed(focus.knownOn));
  const [trueText, setTrue] = useState(focus.trueOn === null ? '' : typed(focus.trueOn));
  const [tried, setTried] = useState(false);
  const knownRead = read(known);
  const trueRead = read(trueText);
  useEffect(() => setTried(false), []);
  const apply = (event: React.FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (knownRead.problem !== null || trueRead.problem !== null) return;
    setFocus({ knownOn: knownRead.at, trueOn: trueRead.at });
    onDone();
  };
  return (
    <form onSubmit={apply} className={styles.form} noValidate>
      <Field
        layout="above"
        label="What did we know on …"
        hint="Takes the events recorded by then, in the order they were recorded: what the system itself had."
        error={tried ? knownRead.problem : null}
      >
        <Input
          mono
          value={known}
          onValue={setKnown}
          placeholder="now, or 2025-12-31 23:59:59.999 UTC"
          autoFocus
        />
      </Field>
      <Field
        layout="above"
        label="What was true on …"
        hint="Of those, takes the events that had happened by then, in the order they happened: late arrivals go to their place."
        error={tried ? trueRead.problem : null}
      >
        <Input mono value={trueText} onValue={setTrue} placeholder="no limit" />
      </Field>
      <div className={styles.buttons}>
        <span className="faint small">Write the zone: Z, UTC or +02:00. Both limits are inclusive.</span>
        <Button
          onClick={() => {
            setFocus({ knownOn: null, trueOn: null });
            onDone();
          }}
        >
          Now
        </Button>
        <Button type="submit" look="primary">
          Look
        </Button>
      </div>
    </form>
  );
}

function read(text: string): { at: number | null; problem: string | null } {
  if (text.trim() === '' || text.trim().toLowerCase() === 'now') return { at: null, problem: null };
  const moment = parseMoment(text);
  return moment.ok ? { at: moment.at, problem: null } : { at: null, problem: moment.problem };
}
