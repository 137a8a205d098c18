/**
 * Read models across aggregates, by what the events have in common: each event once, each aggregate once, one customer's
 * life, alerts and consents. They read any workspace.
 */
import type { DeclarativeProjection, Operation } from '../model.ts';
import { COUNTED, handlers } from './lifecycles.ts';

const ANY = { aggregateTypes: ['*'] };

const processedEvents: DeclarativeProjection = {
  name: 'processed_events',
  title: 'Processed events',
  description:
    'One row per event id, as consumers keep it to do nothing twice. times above 1: the event is in the log more than once.',
  source: ANY,
  key: '$eventId',
  columns: [
    { name: 'type', type: 'text' },
    { name: 'times', type: 'integer' },
    { name: 'aggregate_type', type: 'text' },
    { name: 'aggregate_id', type: 'text' },
    { name: 'first_at', path: 'seen[0]', type: 'time' },
  ],
  reducer: {
    name: 'processed_events',
    version: 1,
    initial: { seen: [] },
    on: {
      '*': [
        { op: 'set', path: 'type', from: '$type' },
        { op: 'add', path: 'times', value: 1 },
        { op: 'set', path: 'aggregate_type', from: '$aggregateType' },
        { op: 'set', path: 'aggregate_id', from: '$aggregateId' },
        { op: 'append', path: 'seen', from: '$recordedAt' },
      ],
    },
  },
};

const aggregateCounts: DeclarativeProjection = {
  name: 'aggregate_counts',
  title: 'Counts and lookup by id',
  description: 'Every aggregate of every type by its id: how many events, and the last of them.',
  source: ANY,
  key: 'aggregateId',
  columns: [
    { name: 'aggregate_type', type: 'text' },
    { name: 'events', type: 'integer' },
    { name: 'last_event_type', type: 'text' },
    { name: 'last_event_at', type: 'time' },
  ],
  reducer: {
    name: 'aggregate_counts',
    version: 1,
    initial: { events: 0 },
    on: {
      '*': [{ op: 'set', path: 'aggregate_type', from: '$aggregateType' }, ...COUNTED],
    },
  },
};

/** Events about money that came from a customer. */
const SPENT = [
  'ORDER_PLACED',
  'ORDER_PAID',
  'PAYMENT_SETTLED',
  'PAYMENT_COMPLETED',
  'TRANSACTION_POSTED',
  'TRANSACTION_COMPLETED',
];
const RETURNED = ['ORDER_RETURNED', 'PAYMENT_REFUNDED', 'TRANSACTION_REVERSED'];

const spent = (op: 'add' | 'subtract'): Operation[] => [
  { op, path: 'lifetime_value', from: 'data.amount' },
  { op: 'add', path: op === 'add' ? 'purchases' : 'returns', value: 1 },
  ...COUNTED,
];
const customerSummary: DeclarativeProjection = {
  name: 'customer_summary',
  title: 'Customer summaries',
  description: 'What each customer has brought in over all aggregates whose events name the customer.',
  source: ANY,
  key: 'data.customer_id',
  columns: [
    { name: 'lifetime_value', type: 'decimal' },
    { name: 'purchases', type: 'integer' },
    { name: 'returns', type: 'integer' },
    { name: 'events', type: 'integer' },
    { name: 'last_event_type', type: 'text' },
    { name: 'last_event_at', type: 'time' },
  ],
  reducer: {
    name: 'customer_summary',
    version: 1,
    initial: { lifetime_value: 0, purchases: 0, returns: 0, events: 0 },
    on: handlers({
      ...Object.fromEntries(SPENT.map((type) => [type, spent('add')])),
      ...Object.fromEntries(RETURNED.map((type) => [type, spent('subtract')])),
    }),
  },
};

const activityTimeline: DeclarativeProjection = {
  name: 'activity_timeline',
  title: 'Activity timelines',
  description: 'The customers of the workspace, each with what happened, in order.',
  source: { aggregateTypes: ['Customer', 'customer', 'CUSTOMER', 'Client', 'client', 'CLIENT'] },
  key: 'aggregateId',
  columns: [
    { name: 'events', type: 'integer' },
    { name: 'types', type: 'json' },
    { name: 'times', type: 'json' },
    { name: 'last_event_type', type: 'text' },
    { name: 'last_event_at', type: 'time' },
  ],
  reducer: {
    name: 'activity_timeline',
    version: 1,
    initial: { events: 0, types: [], times: [] },
    on: {
      '*': [
        { op: 'append', path: 'types', from: '$type' },
        { op: 'append', path: 'times', from: '$recordedAt' },
        ...COUNTED,
      ],
    },
  },
};

const raised: Operation[] = [
  { op: 'merge', from: 'data' },
  { op: 'append', path: 'alerts', from: 'data' },
  { op: 'set', path: 'detected_at', from: '$occurredAt' },
  { op: 'set', path: 'resolved', value: false },
  ...COUNTED,
];
const cleared: Operation[] = [
  { op: 'set', path: 'resolved', value: true },
  { op: 'set', path: 'resolved_at', from: '$occurredAt' },
  ...COUNTED,
];
const each = (types: readonly string[], steps: Operation[]) =>
  Object.fromEntries(types.map((type) => [type, steps]));

const fraudAlerts: DeclarativeProjection = {
  name: 'fraud_alerts',
  title: 'Fraud alerts',
  description: 'What is suspected of each aggregate, since when, and whether it was resolved.',
  source: ANY,
  key: 'aggregateId',
  columns: [
    { name: 'suspicion_type', type: 'text' },
    { name: 'severity', type: 'text' },
    { name: 'description', type: 'text' },
    { name: 'evidence', type: 'json' },
    { name: 'detected_at', type: 'time' },
    { name: 'resolved', type: 'boolean' },
    { name: 'resolved_at', type: 'time' },
    { name: 'alerts', type: 'json' },
    { name: 'events', type: 'integer' },
  ],
  reducer: {
    name: 'fraud_alerts',
    version: 1,
    initial: { alerts: [], events: 0 },
    on: handlers({
      ...each(['SUSPICION_RAISED', 'FRAUD_SUSPECTED', 'FRAUD_DETECTED', 'FRAUD_ALERT_RAISED'], raised),
      ...each(['SUSPICION_CLEARED', 'FRAUD_CLEARED', 'FRAUD_ALERT_RESOLVED', 'FRAUD_ALERT_CLOSED'], cleared),
    }),
  },
};

const score: Operation[] = [{ op: 'merge', from: 'data' }, ...COUNTED];
const riskScores: DeclarativeProjection = {
  name: 'risk_scores',
  title: 'Risk scores',
  description: 'The last score and level that a risk event gave each aggregate.',
  source: ANY,
  key: 'aggregateId',
  columns: [
    { name: 'risk_score', type: 'decimal' },
    { name: 'risk_level', type: 'text' },
    { name: 'events', type: 'integer' },
    { name: 'last_event_at', type: 'time' },
  ],
  reducer: {
    name: 'risk_scores',
    version: 1,
    initial: { events: 0 },
    on: handlers(
      each(
        ['RISK_SCORED', 'RISK_ASSESSED', 'RISK_SCORE_UPDATED', 'RISK_LEVEL_CHANGED', 'RISK_REVIEWED'],
        score,
      ),
    ),
  },
};

const consent: DeclarativeProjection = {
  name: 'consent_status',
  title: 'Consents and erasures',
  description: 'Whether each person has consented, to what, and whether the person was erased.',
  source: ANY,
  key: 'aggregateId',
  columns: [
    { name: 'status', type: 'text' },
    { name: 'purpose', type: 'text' },
    { name: 'granted_at', type: 'time' },
    { name: 'withdrawn_at', type: 'time' },
    { name: 'erased_at', type: 'time' },
    { name: 'events', type: 'integer' },
  ],
  reducer: {
    name: 'consent_status',
    version: 1,
    initial: { status: null, events: 0 },
    on: handlers({
      ...each(
        ['CONSENT_GRANTED', 'CONSENT_GIVEN', 'CONSENT_RENEWED'],
        [
          { op: 'merge', from: 'data' },
          { op: 'set', path: 'status', value: 'Granted' },
          { op: 'set', path: 'granted_at', from: '$recordedAt' },
          ...COUNTED,
        ],
      ),
      ...each(
        ['CONSENT_WITHDRAWN', 'CONSENT_REVOKED', 'CONSENT_EXPIRED'],
        [
          { op: 'set', path: 'status', value: 'Withdrawn' },
          { op: 'set', path: 'withdrawn_at', from: '$recordedAt' },
          ...COUNTED,
        ],
      ),
      // What was known of a person who is erased must not come back through a read model.
      ...each(
        ['CUSTOMER_ERASED', 'PERSONAL_DATA_ERASED', 'DATA_ERASED', 'ERASURE_COMPLETED'],
        [
          { op: 'remove', path: '' },
          { op: 'set', path: 'status', value: 'Erased' },
          { op: 'set', path: 'erased_at', from: '$recordedAt' },
          ...COUNTED,
        ],
      ),
      ...each(['ERASURE_REQUESTED'], [{ op: 'set', path: 'status', value: 'Erasure requested' }, ...COUNTED]),
    }),
  },
};

export const CROSS_VIEWS: readonly DeclarativeProjection[] = [
  processedEvents,
  aggregateCounts,
  customerSummary,
  activityTimeline,
  fraudAlerts,
  riskScores,
  consent,
];
