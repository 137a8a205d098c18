import type { Receipt } from '../../../contract/compensate.ts';
import { ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useCommands } from '../../lib/keys.ts';
import styles from './compensate.module.css';
import { keepReceipt } from './draftStore.ts';
import { ReceiptView } from './ReceiptView.tsx';
import { Steps } from './Steps.tsx';

/** After publishing: every step is behind, and the receipt says what was done. */
export function Done({ storeKey, receipt }: { storeKey: string; receipt: Receipt }) {
  const { ref } = receipt;
  useCommands([
    {
      id: 'compensate.back',
      title: 'Back to the timeline',
      group: 'Compensate',
      keys: 'escape',
      hint: 'back to the timeline',
      run: () => go(['aggregates', ref.type, ref.id]),
    },
  ]);
  return (
    <Screen>
      <ScreenHead
        title="Published"
        id={shown(receipt.eventType)}
        note={`${shown(ref.type)} ${shown(ref.id)} · ${shown(receipt.connection)} (${receipt.environment})`}
      />
      <Steps
        progress={{
          unlocked: true,
          composed: true,
          checked: true,
          published: true,
          readBack: receipt.readBack === 'same',
        }}
        unlockNote={null}
      />
      <div className={styles.published}>
        <ReceiptView receipt={receipt} onAgain={() => keepReceipt(storeKey, null)} />
      </div>
    </Screen>
  );
}
