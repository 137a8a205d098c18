import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { TopicGroup } from '../../../contract/topics.ts';
import { Input } from '../../components/Field.tsx';
import { Section } from '../../components/Panel.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatDuration, formatTime, plural } from '../../lib/format.ts';
import { parseLimit, useLagLimit } from './lagLimit.ts';
import { Denied } from './parts.tsx';
import styles from './Topics.module.css';
import { useGroups } from './topicData.ts';

const SEES = {
  allowed:
    'Only groups that this login may describe are listed. It needs Describe on the cluster to see all of them.',
  unknown: 'The cluster does not tell whether this login sees all groups.',
} as const;

/** Who reads the topic and how far behind: those that are late first. */
export function GroupsTab({ connectionId, topic }: { connectionId: string; topic: string }) {
  const { seconds } = useLagLimit();
  const answer = useGroups(connectionId, topic, seconds * 1000);
  if (answer.error !== null)
    return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} compact />;
  if (answer.data === undefined) return <Skeleton lines={6} />;
  const { groups, unclear, looked, sees, problems, at } = answer.data;
  const sorted = [...groups].sort(
    (a, b) =>
      Number(b.late === true) - Number(a.late === true) ||
      compareLag(b, a) ||
      compareText(a.groupId, b.groupId),
  );
  return (
    <>
      <Section>
        <div className={styles.line}>
          <span>
            {groups.length === 0 ? 'No group here' : `${plural(groups.length, 'group')} here`}
            <span className="faint"> · {formatCount(looked)} seen on the cluster</span>
          </span>
          <LimitField />
        </div>
      </Section>
      {sees === 'all' ? null : <Denied text={SEES[sees]} />}
      {problems.map((problem) => (
        <Denied key={problem} text={problem} />
      ))}
      <ul className={styles.groups} aria-label="Groups">
        {sorted.map((group) => (
          <Group key={group.groupId} group={group} at={at} limitSeconds={seconds} />
        ))}
      </ul>
      {unclear.length === 0 ? null : (
        <Section title="Not known whether they read it">
          {unclear.map(({ groupId, problem }) => (
            <p key={groupId}>
              <b className={styles.groupName}>{shown(groupId)}</b> {shown(problem)}
            </p>
          ))}
        </Section>
      )}
      {groups.length === 0 ? null : (
        <p className={styles.foot}>
          Lag counts offsets, as Kafka’s own tools do: transaction markers and compacted records count too.
          Waiting is the age of the first unread record by its own timestamp.
        </p>
      )}
    </>
  );
}

function compareLag(a: TopicGroup, b: TopicGroup): number {
  const [left, right] = [BigInt(a.lag ?? -1), BigInt(b.lag ?? -1)];
  return left < right ? -1 : left > right ? 1 : 0;
}
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function LimitField() {
  const { seconds, setSeconds } = useLagLimit();
  const [text, setText] = useState(String(seconds));
  const limit = parseLimit(text);
  const take = () => {
    if (limit !== null) setSeconds(limit);
  };
  return (
    <span className={styles.limit} title="A group is late when a record waits longer than this for it">
      late after
      <Input
        mono
        value={text}
        onValue={setText}
        inputMode="numeric"
        aria-label="Late after, in seconds"
        aria-invalid={limit === null || undefined}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
        }}
      />
      s
    </span>
  );
}

function Group({ group, at, limitSeconds }: { group: TopicGroup; at: number; limitSeconds: number }) {
  const [open, setOpen] = useState(false);
  const { groupId, protocol, state, members, lag, late, waitingSince, unknownPartitions, problem } = group;
  return (
    <li className={styles.group}>
      <button type="button" className={styles.groupHead} aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight className={open ? styles.turned : undefined} aria-hidden="true" />
        <span className={styles.groupName} title={shown(groupId)}>
          {shown(groupId)}
        </span>
        {late === true ? <Tag tone="bad">late</Tag> : null}
        <span className={styles.groupLag}>
          {lag === null ? 'lag not known' : lag === '0' ? 'up to date' : `${formatCount(lag)} behind`}
        </span>
      </button>
      <div className={styles.groupFacts}>
        <span>{PROTOCOLS[protocol]}</span>
        <span>{state ?? 'state not known'}</span>
        <span>
          {members === null
            ? 'members not known'
            : members.length === 0
              ? 'nobody in it'
              : plural(members.length, 'member')}
        </span>
        {waitingSince === null ? null : (
          <span
            className={late === true ? styles.late : undefined}
            title={`first unread record: ${formatTime(waitingSince)} UTC`}
          >
            waiting {formatDuration(Math.max(at - waitingSince, 0))}
          </span>
        )}
        {waitingSince === null && late === true ? (
          <span className={styles.late}>waiting more than {formatDuration(limitSeconds * 1000)}</span>
        ) : null}
        {unknownPartitions === 0 ? null : (
          <span>{plural(unknownPartitions, 'partition')} without an offset</span>
        )}
      </div>
      {problem === null ? null : <Denied text={problem} />}
      {open ? <GroupDetail group={group} at={at} /> : null}
    </li>
  );
}

const PROTOCOLS: Record<TopicGroup['protocol'], string> = {
  classic: 'classic protocol',
  consumer: 'new protocol',
  share: 'share group',
  streams: 'streams protocol',
  other: 'another protocol',
};

function GroupDetail({ group, at }: { group: TopicGroup; at: number }) {
  const isShare = group.protocol === 'share';
  const nameOf = new Map(
    group.members?.map(({ memberId, clientId, host }) => [memberId, `${clientId} ${host}`]),
  );
  return (
    <div className={styles.groupDetail}>
      {group.members?.map(({ memberId, clientId, host, instanceId, partitions }) => (
        <p key={memberId} className={styles.member} title={shown(memberId)}>
          <b>{shown(clientId)}</b> {shown(host)}
          {instanceId === null ? '' : ` · static ${shown(instanceId)}`} ·{' '}
          {partitions.length === 0 ? 'no partition now' : `has ${partitions.join(', ')}`}
        </p>
      ))}
      {isShare ? (
        <p className={styles.member}>
          A share group acknowledges records one by one: it is done with all before its start, and with some
          after.
        </p>
      ) : null}
      <table className={styles.partitions}>
        <thead>
          <tr>
            <th title="Partition">P</th>
            <th className={styles.right}>{isShare ? 'Start' : 'Committed'}</th>
            <th className={styles.right}>End</th>
            <th className={styles.right}>Lag</th>
            <th className={styles.right}>Waiting</th>
          </tr>
        </thead>
        <tbody>
          {group.partitions.map(
            ({ partition, committed, high, lag, late, waitingSince, member, problem }) => (
              <tr
                key={partition}
                title={member === null ? 'nobody has it now' : shown(nameOf.get(member) ?? member)}
              >
                <td>{partition}</td>
                <td className={styles.right}>{committed === null ? 'none' : formatCount(committed)}</td>
                <td className={styles.right}>{high === null ? '—' : formatCount(high)}</td>
                <td className={styles.right}>
                  {lag === null ? '—' : formatCount(lag)}
                  {problem === null ? null : <div className={styles.problem}>{shown(problem)}</div>}
                </td>
                <td className={`${styles.right} ${late === true ? styles.late : ''}`}>
                  {waitingSince === null
                    ? late === true
                      ? 'late'
                      : '—'
                    : formatDuration(Math.max(at - waitingSince, 0))}
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}
