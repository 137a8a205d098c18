/** The guards of a compensation in words, and whether it may be published. */
import type { Guard } from '../../contract/compensate.ts';
import { formatTime } from '../../core/time.ts';
import { type Check, placeText } from './check.ts';
import { MOST } from './head.ts';

const guard = (code: string, name: string, status: Guard['status'], text: string): Guard => ({
  code,
  name,
  status,
  text,
});
const count = (value: number, one: string) =>
  `${value.toLocaleString('en-US')} ${one}${value === 1 ? '' : 's'}`;
const versionText = (version: number | null) => (version === null ? '' : `v${version} `);

/** All guards, in the order in which a person wants to know them. */
export function guardsOf(check: Check, workspace: { readOnly: boolean }): Guard[] {
  return [
    readOnlyGuard(check, workspace),
    clusterGuard(check),
    headGuard(check),
    duplicateGuard(check),
    validGuard(check),
    schemaGuard(check),
    groupsGuard(check),
    coverageGuard(check),
    ...confirmGuard(check),
  ];
}

/** True when nothing stands against it but, at most, the typed name. */
export const isPublishable = (guards: readonly Guard[]): boolean =>
  guards.every(({ status, code }) => status === 'ok' || status === 'note' || code === 'confirm');

function readOnlyGuard({ connection }: Check, { readOnly }: { readOnly: boolean }): Guard {
  const name = 'Unlocked';
  if (readOnly)
    return guard(
      'read-only',
      name,
      'failed',
      'This is a recording: it can keep no receipt. Capture into a workspace of your own first.',
    );
  const { unlocked } = connection;
  if (unlocked === null)
    return guard('read-only', name, 'failed', `${connection.name} is read-only. Unlock it with a reason.`);
  return guard('read-only', name, 'ok', `until ${formatTime(unlocked.until)}, reason: ${unlocked.reason}`);
}

function clusterGuard({ connection, clusterId, plan, draft, target }: Check): Guard {
  const name = 'Cluster and topic';
  if (plan.clusterId === null)
    return guard(
      'cluster',
      name,
      'failed',
      'The workspace does not say which cluster its records are from. Capture them from this one.',
    );
  if (clusterId !== plan.clusterId)
    return guard(
      'cluster',
      name,
      'failed',
      `The records are of cluster ${plan.clusterId}; ${connection.name} is ${clusterId ?? 'without an id'}.`,
    );
  return guard(
    'cluster',
    name,
    'ok',
    `${connection.name} (${connection.environment}) · ${draft.topic}, ${target.text}`,
  );
}

function headGuard({ draft, plan, moved, reading }: Check): Guard {
  const name = 'Head has not moved';
  const { head } = plan;
  if (reading.beyond > MOST)
    return guard(
      'head',
      name,
      'failed',
      `${count(reading.beyond, 'offset')} lie beyond what is captured. Capture the topic first.`,
    );
  const [first] = moved;
  if (first !== undefined)
    return guard('head', name, 'failed', `${movedText(moved)}. Capture it, look at it and check again.`);
  if (draft.expectedHead !== null && draft.expectedHead.recordId !== head.recordId)
    return guard(
      'head',
      name,
      'failed',
      `The draft was made before ${head.type} ${versionText(head.version)}at ${placeText(head)} was captured. Begin a new draft.`,
    );
  const at = `${versionText(head.version)}at ${placeText(head)}`;
  return guard(
    'head',
    name,
    'ok',
    `${at}, read again at ${formatTime(reading.at)}; read once more at the moment of publishing`,
  );
}

/** The events of the aggregate that came after the captured ones. */
export function movedText(moved: Check['moved']): string {
  const [first] = moved;
  const more = moved.length > 1 ? ` and ${count(moved.length - 1, 'more event')}` : '';
  const open = moved.some((event) => event.open) ? ' (in a transaction that is still open)' : '';
  return `${first!.type || 'A record'} ${versionText(first!.version)}at ${placeText(first!)}${more} is not captured${open}`;
}

function duplicateGuard({ earlier, sameEvent, plan, reading }: Check): Guard {
  const name = 'Not published before';
  if (earlier !== null && earlier.standing !== 'gone')
    return guard('duplicate', name, 'failed', sentence(earlier.text));
  if (earlier !== null) return guard('duplicate', name, 'note', sentence(earlier.text));
  const [same] = sameEvent;
  if (same !== undefined) {
    const { eventType } = same.attempt.receipt;
    return guard(
      'duplicate',
      name,
      'note',
      `The same event was corrected before, by ${eventType} of ${formatTime(same.attempt.at)}.`,
    );
  }
  const events = plan.lanes.reduce((sum, lane) => sum + lane.events, 0);
  return guard(
    'duplicate',
    name,
    'ok',
    `no event with this idempotency key in ${count(events, 'captured event')} of the aggregate, ${count(reading.beyond, 'offset')} beyond, and the receipts`,
  );
}

function validGuard({ plan }: Check): Guard {
  const { errors, warnings } = plan.check;
  const name = 'Valid';
  const words = (findings: typeof errors) =>
    findings.map(({ field, message, nextStep }) => `${field}: ${message}. ${nextStep}.`).join(' ');
  if (errors.length > 0) return guard('valid', name, 'failed', words(errors));
  const problem = plan.states.problem;
  if (problem !== null) return guard('valid', name, 'note', sentence(`The reducer says: ${problem}`));
  if (warnings.length > 0) return guard('valid', name, 'note', words(warnings));
  return guard('valid', name, 'ok', 'in the envelope shape of its stream');
}

function schemaGuard({ plan }: Check): Guard {
  const { count: others, lacks } = plan.sameType;
  const name = 'Schema';
  if (others === 0)
    return guard(
      'schema',
      name,
      'note',
      `There is no other ${plan.eventType} in this stream to compare with.`,
    );
  if (lacks.length > 0)
    return guard('schema', name, 'note', `Other ${plan.eventType} events also have ${lacks.join(', ')}.`);
  return guard(
    'schema',
    name,
    'ok',
    `as ${others} other ${plan.eventType} ${others === 1 ? 'event' : 'events'} of this stream`,
  );
}

const GROUPS_NAMED = 5;
const namesOf = (all: readonly string[]) =>
  all.slice(0, GROUPS_NAMED).join(', ') +
  (all.length > GROUPS_NAMED ? ` and ${all.length - GROUPS_NAMED} more` : '');

function groupsGuard({ groups, draft }: Check): Guard {
  const name = 'Who reacts';
  if ('problem' in groups)
    return guard('groups', name, 'note', sentence(`The consumer groups are not known: ${groups.problem}`));
  const { reading, unclear, hidden, problems } = groups;
  const words = reading.map(
    ({ groupId, isShare, active }) =>
      `${groupId}${isShare ? ' (share group)' : ''}${active ? '' : ' (nobody in it now)'}`,
  );
  const parts = [
    reading.length === 0
      ? `No group that can be seen reads ${draft.topic}.`
      : `${count(reading.length, 'group')} on ${draft.topic} will get the event: ${namesOf(words)}.`,
    ...(unclear.length === 0
      ? []
      : [`Not known whether ${unclear.length === 1 ? 'it reads' : 'they read'} it: ${namesOf(unclear)}.`]),
    ...problems.map(sentence),
    ...(hidden
      ? ['There may be groups that this login does not see; it needs Describe on the cluster to see all.']
      : []),
  ];
  const isSure = reading.length === 0 && unclear.length === 0 && problems.length === 0 && !hidden;
  return guard('groups', name, isSure ? 'ok' : 'note', parts.join(' '));
}

function coverageGuard({ plan }: Check): Guard {
  const gaps = plan.lanes.flatMap(({ topic, partition, missing, askedFrom }) => [
    ...(askedFrom > 0 ? [`${topic}/${partition}: offsets below ${askedFrom} were not asked for`] : []),
    ...missing.map((gap) => `${topic}/${partition}: ${count(gap.count, 'offset')} missing (${gap.reason})`),
  ]);
  if (gaps.length === 0) return guard('coverage', 'Coverage', 'ok', 'complete for this aggregate');
  return guard('coverage', 'Coverage', 'note', `The states may be incomplete. ${gaps.join('; ')}.`);
}

function confirmGuard({ connection }: Check): Guard[] {
  if (connection.environment !== 'production') return [];
  return [
    guard('confirm', 'Production: type the cluster’s name', 'open', `Type ${connection.name} to publish.`),
  ];
}

const sentence = (text: string) => {
  const trimmed = text.replace(/[.\s]+$/, '');
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}.`;
};
