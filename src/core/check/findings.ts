/** What a consistency check can find: the rules, how grave each is, and why it matters to somebody. */

export type Severity = 'error' | 'warning' | 'hint';

export interface Rule {
  severity: Severity;
  /** For a list of rules: what is wrong, in a few words. */
  title: string;
  /** One sentence: why a person should care. */
  why: string;
}

const rule = (severity: Severity, title: string, why: string): Rule => ({ severity, title, why });

/** Every fault that is looked for; the order is the order in which they are listed. */
export const RULES = {
  'version-gap': rule(
    'error',
    'Version gap',
    'An event of this aggregate is missing here, so every state after it may be wrong.',
  ),
  'version-duplicate': rule(
    'error',
    'Duplicate version',
    'Two writers took the same version: one of them did not see what the other had decided.',
  ),
  'version-order': rule(
    'error',
    'Version out of order',
    'The log holds the events in another order than their versions say; consumers fold them in the order of the log.',
  ),
  'id-conflict': rule(
    'error',
    'Event id used twice with different content',
    'A consumer that remembers event ids drops the second one, another one applies both: they will disagree.',
  ),
  'id-duplicate': rule(
    'warning',
    'Event written twice under one id',
    'A consumer without a memory of event ids applies it twice.',
  ),
  'content-repeated': rule(
    'error',
    'Same content under a new event id',
    'It looks like a retry that was not recognised as one: its effect counts twice for everybody.',
  ),
  'time-backwards': rule(
    'warning',
    'Recorded time runs backwards',
    'A cut by recorded time cannot follow this clock; Hindcast uses the latest time seen before it in the partition.',
  ),
  'recorded-before': rule(
    'warning',
    'Occurred after it was recorded',
    'A clock of the producer or of the broker is wrong, so questions by occurred time are not to be trusted here.',
  ),
  backdated: rule(
    'warning',
    'Backdated',
    'What was known at a date and what was true at it differ: reports made in between did not include it.',
  ),
  late: rule('hint', 'Recorded late', 'Reports made between the two times did not include it.'),
  'creation-missing': rule(
    'warning',
    'No creation event',
    'The aggregate begins in the middle of its life: what it was made with is not known.',
  ),
  'after-closure': rule(
    'error',
    'Event after closure',
    'Something happened to an aggregate that was closed: a process did not know, or the closure was not final.',
  ),
  'type-unknown': rule(
    'warning',
    'Unknown event type',
    'Consumers that do not know the type skip it; whatever it changed is missing in their state.',
  ),
  'schema-unknown': rule(
    'hint',
    'Unusual schema version',
    'Consumers written for the other versions of this type may misread it.',
  ),
  'key-differs': rule(
    'warning',
    'Record key is not the aggregate id',
    'Kafka keeps the order of one key only: this event may lie on another partition than its neighbours.',
  ),
  'several-partitions': rule(
    'warning',
    'Aggregate on several partitions of a topic',
    'Kafka promises no order between partitions: consumers may see its events in another order.',
  ),
  'cause-missing': rule(
    'hint',
    'Cause not found',
    'The event names a cause that is not in the captured data: it was a command, or lies outside what was captured.',
  ),
  'cause-later': rule(
    'warning',
    'Cause recorded after its effect',
    'The chain of causes cannot be followed in time here: a clock or an id is wrong.',
  ),
  'correlation-broken': rule(
    'warning',
    'Correlation differs from the cause’s',
    'The trace of the business transaction breaks here: a search by correlation id misses one side.',
  ),
  'hash-mismatch': rule(
    'error',
    'Payload hash does not match',
    'The payload is not what was hashed when the event was made, or the hash was computed wrongly.',
  ),
  'chain-break': rule(
    'error',
    'Chain broken',
    'An event was removed, inserted or changed between this one and the one its hash links to.',
  ),
  'signature-bad': rule(
    'error',
    'Signature does not verify',
    'The event was not signed by the key it carries, or was changed afterwards.',
  ),
  undecodable: rule(
    'error',
    'Record cannot be decoded',
    'No consumer can read it; whatever it was to say is lost to all of them.',
  ),
  tombstone: rule(
    'warning',
    'Tombstone inside a stream',
    'In a compacted topic it erases everything before it; a fold from the log and a fold from the compacted topic differ.',
  ),
  aborted: rule(
    'hint',
    'Aborted transaction',
    'Consumers that read uncommitted have seen an event that never came true.',
  ),
  'name-not-past': rule(
    'hint',
    'Type name is not in the past tense',
    'An event says what has happened; a name like a command invites consumers to treat it as one.',
  ),
  'snapshot-differs': rule(
    'error',
    'Snapshot differs from the fold',
    'Readers that start from the snapshot have another state than readers that start from the first event.',
  ),
  'invariant-broken': rule(
    'error',
    'Invariant broken',
    'The state broke a rule of the business, even if a later event healed it.',
  ),
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/** The number under a key of an event's payload as it is written there, every digit of it; null: there is none. */
export type NumberOf = (id: number, key: string) => string | null;

export interface Finding {
  rule: RuleName;
  /** Record ids; the first is the place to jump to, the others are what it is compared with. */
  events: number[];
  /** One sentence about this case; made from the records where it quotes a number of theirs. */
  text: string | ((numberOf: NumberOf) => string);
}

/** A span for the eye: `240 ms`, `4.0 s`, `12.5 min`, `3.0 h`, `9.2 days`. */
export function spanText(ms: number): string {
  const span = Math.abs(ms);
  if (span < 1000) return `${Math.round(span)} ms`;
  if (span < 60_000) return `${(span / 1000).toFixed(1)} s`;
  if (span < 3_600_000) return `${(span / 60_000).toFixed(1)} min`;
  if (span < 48 * 3_600_000) return `${(span / 3_600_000).toFixed(1)} h`;
  return `${(span / 86_400_000).toFixed(1)} days`;
}
