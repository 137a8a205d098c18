import type { Receipt } from '../../../contract/compensate.ts';
import { KeyValue } from '../../components/KeyValue.tsx';
import { Tag } from '../../components/Tag.tsx';
import { hrefTo } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatIso } from '../../lib/format.ts';

type Standing = { word: string; tone: 'good' | 'bad' | 'warn' };

const READ_BACK: Record<Receipt['readBack'], Standing> = {
  same: { word: 'read back: the same bytes', tone: 'good' },
  differs: { word: 'read back: the bytes differ', tone: 'bad' },
  'not-read': { word: 'not read back', tone: 'warn' },
};
const RACE: Record<Receipt['race']['status'], Standing> = {
  none: { word: 'nobody wrote in between', tone: 'good' },
  found: { word: 'another writer came in between', tone: 'bad' },
  unknown: { word: 'not known whether another wrote', tone: 'warn' },
};

/** Whether the bytes that were read back are those that were sent. */
export const ReadBackTag = ({ receipt }: { receipt: Receipt }) => (
  <Tag tone={READ_BACK[receipt.readBack].tone}>{READ_BACK[receipt.readBack].word}</Tag>
);

/** Whether somebody wrote between the check and the write. */
export const RaceTag = ({ receipt }: { receipt: Receipt }) => (
  <Tag tone={RACE[receipt.race.status].tone}>{RACE[receipt.race.status].word}</Tag>
);

/** Everything a receipt holds, as names and values. */
export function ReceiptFacts({ receipt }: { receipt: Receipt }) {
  const { place, ref } = receipt;
  const cluster = shown(receipt.clusterId ?? 'id not known');
  return (
    <KeyValue
      rows={[
        { name: 'published', value: formatIso(receipt.publishedAt) },
        { name: 'cluster', value: `${shown(receipt.connection)} (${receipt.environment}) · ${cluster}` },
        { name: 'place', value: `${shown(place.topic)} [${place.partition}] @ ${formatCount(place.offset)}` },
        {
          name: 'aggregate',
          value: <a href={hrefTo(['aggregates', ref.type, ref.id])}>{shown(`${ref.type} ${ref.id}`)}</a>,
        },
        {
          name: 'event id',
          value: receipt.eventId === null ? <span className="faint">absent</span> : shown(receipt.eventId),
        },
        { name: 'reason', value: shown(receipt.reason), title: shown(receipt.reason) },
        { name: 'actor', value: shown(receipt.actor) },
        { name: 'idempotency', value: shown(receipt.idempotencyKey), title: shown(receipt.idempotencyKey) },
        { name: 'key hash', value: receipt.keyHash, title: receipt.keyHash },
        { name: 'value hash', value: receipt.valueHash, title: receipt.valueHash },
        { name: 'plan hash', value: receipt.planHash, title: receipt.planHash },
      ]}
    />
  );
}
