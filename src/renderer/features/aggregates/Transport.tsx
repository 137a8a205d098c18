import { Pause, Play } from 'lucide-react';
import { IconButton } from '../../components/Button.tsx';
import { Menu } from '../../components/Menu.tsx';
import { formatSpan } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { SPEEDS } from './player.ts';
import styles from './strip/strip.module.css';
import type { Player } from './usePlayer.ts';

/** Play, pause and how fast. */
export function Transport({ player, disabled }: { player: Player; disabled: boolean }) {
  const { isPlaying, speed, setSpeed, toggle, faster, slower } = player;
  const group = 'Timeline';
  useCommands([
    {
      id: 'timeline.play',
      title: isPlaying ? 'Pause' : 'Play from the chosen event on',
      group,
      keys: 'space',
      hint: isPlaying ? 'pause' : 'play',
      disabled,
      run: toggle,
    },
    { id: 'timeline.faster', title: 'Play faster', group, keys: '>', run: faster },
    { id: 'timeline.slower', title: 'Play slower', group, keys: '<', run: slower },
  ]);
  return (
    <span className={styles.transport}>
      <IconButton label={isPlaying ? 'Pause' : 'Play'} keys="space" onClick={toggle} disabled={disabled}>
        {isPlaying ? <Pause /> : <Play />}
      </IconButton>
      <Menu
        trigger={
          <button type="button" className={styles.speed} aria-label={`Speed: ${speed} times`}>
            {speed}×
          </button>
        }
        groups={[
          {
            id: 'speed',
            label: 'Speed; gaps over a second are played as one',
            items: SPEEDS.map((each) => ({
              id: String(each),
              label: `${each}×`,
              checked: each === speed,
              run: () => setSpeed(each),
            })),
          },
        ]}
      />
    </span>
  );
}

/** Says what was passed over while playing. */
export function Skipped({ player: { isPlaying, skippedMs } }: { player: Player }) {
  return isPlaying && skippedMs !== null ? (
    <span className={styles.skipped}>skipped a quiet {formatSpan(skippedMs)}</span>
  ) : null;
}
