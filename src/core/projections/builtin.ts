/** The projections that come with Hindcast, and which reducer an aggregate gets. */
import { LosslessNumber } from 'lossless-json';
import { mergeReducer } from '../fold.ts';
import type { DeclarativeProjection, Operation, Reducer } from '../model.ts';
import { CROSS_VIEWS } from './crossViews.ts';
import { COUNTED, LIFECYCLES } from './lifecycles.ts';

const ZERO = new LosslessNumber('0.00');

/** Money in or out changes the balance and what is available of it. */
function money(op: 'add' | 'subtract', ...totals: string[]): Operation[] {
  return [
    ...['balance', 'available'].map((path): Operation => ({ op, path, from: 'data.amount' })),
    ...totals.map((path): Operation => ({ op: 'add', path, from: 'data.amount' })),
    ...COUNTED,
  ];
}

function status(value: string, ...more: Operation[]): Operation[] {
  return [{ op: 'set', path: 'status', value }, ...more, ...COUNTED];
}

/**
 * A reversal carries the corrected event's amount with the other sign (a posting of 61.76 is reversed by −61.76), so
 * it takes the same steps as what it reverses.
 */
const savingsReducer: Reducer = {
  name: 'savings_account',
  version: 1,
  aggregateType: 'SavingsAccount',
  initial: {
    status: null,
    balance: ZERO,
    available: ZERO,
    on_hold: ZERO,
    interest_accrued: ZERO,
    interest_posted_total: ZERO,
    tax_withheld_total: ZERO,
    fees_charged_total: ZERO,
    fees_waived_total: ZERO,
    events: 0,
  },
  on: {
    SavingsAccountOpened: status(
      'Pending',
      { op: 'merge', from: 'data' },
      { op: 'set', path: 'opened_at', from: '$occurredAt' },
    ),
    SavingsAccountApproved: status('Active'),
    SavingsAccountActivated: status('Active'),
    SavingsAccountRejected: status('Rejected', { op: 'set', path: 'closed_at', from: '$occurredAt' }),
    SavingsAccountBlocked: status('Blocked'),
    SavingsAccountUnblocked: status('Active'),
    SavingsAccountClosed: status('Closed', { op: 'set', path: 'closed_at', from: '$occurredAt' }),
    DepositMade: money('add'),
    DepositReversed: money('add'),
    WithdrawalMade: money('subtract'),
    WithdrawalReversed: money('subtract'),
    TransferReceived: money('add'),
    TransferReceivedReversed: money('add'),
    TransferSent: money('subtract'),
    TransferSentReversed: money('subtract'),
    InterestAccrued: [{ op: 'add', path: 'interest_accrued', from: 'data.amount' }, ...COUNTED],
    InterestAccrualReversed: [{ op: 'add', path: 'interest_accrued', from: 'data.amount' }, ...COUNTED],
    InterestPosted: money('add', 'interest_posted_total'),
    InterestPostingReversed: money('add', 'interest_posted_total'),
    WithholdingTaxDeducted: money('subtract', 'tax_withheld_total'),
    WithholdingTaxDeductionReversed: money('subtract', 'tax_withheld_total'),
    FeeCharged: money('subtract', 'fees_charged_total'),
    FeeChargeReversed: money('subtract', 'fees_charged_total'),
    FeeWaived: money('add', 'fees_waived_total'),
    FeeWaiverReversed: money('add', 'fees_waived_total'),
    AmountHeld: [
      { op: 'subtract', path: 'available', from: 'data.amount' },
      { op: 'add', path: 'on_hold', from: 'data.amount' },
      ...COUNTED,
    ],
    AmountReleased: [
      { op: 'add', path: 'available', from: 'data.amount' },
      { op: 'subtract', path: 'on_hold', from: 'data.amount' },
      ...COUNTED,
    ],
    '*': COUNTED,
  },
};

const savingsAccount: DeclarativeProjection = {
  name: 'savings_account',
  title: 'Savings accounts',
  description:
    'Status, balance and totals of every savings account, from its events over all savings topics.',
  source: { aggregateTypes: ['SavingsAccount'] },
  key: 'aggregateId',
  columns: [
    { name: 'account_number', type: 'text' },
    { name: 'account_name', type: 'text' },
    { name: 'client_id', type: 'text' },
    { name: 'product_id', type: 'text' },
    { name: 'status', type: 'text' },
    { name: 'currency', type: 'text' },
    { name: 'balance', type: 'decimal' },
    { name: 'available', type: 'decimal' },
    { name: 'interest_accrued', type: 'decimal' },
    { name: 'interest_posted_total', type: 'decimal' },
    { name: 'tax_withheld_total', type: 'decimal' },
    { name: 'fees_charged_total', type: 'decimal' },
    { name: 'fees_waived_total', type: 'decimal' },
    { name: 'opened_at', type: 'time' },
    { name: 'closed_at', type: 'time' },
    { name: 'events', type: 'integer' },
    { name: 'last_event_type', type: 'text' },
    { name: 'last_event_at', type: 'time' },
  ],
  reducer: savingsReducer,
  invariants: [
    { name: 'Balance is never below zero', expression: 'balance >= 0' },
    { name: 'Never more held than there is', expression: 'available >= 0' },
  ],
};

/** Score and risk are the source's own opinion, which it repeats with every event. */
const SEEN: Operation[] = [
  { op: 'set', path: 'confidence_score', from: '$value.provenance.confidence_score' },
  { op: 'set', path: 'risk_level', from: '$value.provenance.risk_level' },
  { op: 'set', path: 'updated_at', from: '$occurredAt' },
  { op: 'add', path: 'events', value: 1 },
];

const cattleReducer: Reducer = {
  name: 'golden_record',
  version: 1,
  aggregateType: 'Cattle',
  initial: { events: 0 },
  on: {
    CATTLE_CREATED: [
      { op: 'merge', from: 'data' },
      { op: 'set', path: 'id', from: '$value.metadata.cattle_id' },
      { op: 'set', path: 'created_at', from: '$occurredAt' },
      ...SEEN,
    ],
    CATTLE_UPDATED: [{ op: 'merge', from: 'data' }, ...SEEN],
    VALUATION_RECORDED: [{ op: 'set', path: 'current_valuation', from: 'data.valuation' }, ...SEEN],
    OWNERSHIP_TRANSFERRED: [{ op: 'set', path: 'client_id', from: 'data.client_id' }, ...SEEN],
    CATTLE_SOLD: [{ op: 'set', path: 'status', value: 'SOLD' }, ...SEEN],
    CATTLE_DECEASED: [{ op: 'set', path: 'status', value: 'DECEASED' }, ...SEEN],
    '*': SEEN,
  },
};

const goldenRecord: DeclarativeProjection = {
  name: 'golden_record',
  title: 'Golden record of cattle',
  description:
    'One row per animal: who it is, who owns it, what it is worth, and how far the registry trusts it.',
  source: { aggregateTypes: ['Cattle'] },
  key: 'aggregateId',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'nlis_id', type: 'text' },
    { name: 'breed', type: 'text' },
    { name: 'sex', type: 'text' },
    { name: 'client_id', type: 'text' },
    { name: 'current_valuation', type: 'decimal' },
    { name: 'status', type: 'text' },
    { name: 'confidence_score', type: 'integer' },
    { name: 'risk_level', type: 'text' },
    { name: 'created_at', type: 'time' },
    { name: 'updated_at', type: 'time' },
    { name: 'events', type: 'integer' },
  ],
  reducer: cattleReducer,
};

/** Made for the whole life of one kind of aggregate, so that they are its state unless another is asked for. */
const WHOLE_LIVES: readonly DeclarativeProjection[] = [savingsAccount, goldenRecord];

export const BUILT_IN_PROJECTIONS: readonly DeclarativeProjection[] = [
  ...WHOLE_LIVES,
  ...LIFECYCLES,
  ...CROSS_VIEWS,
];

/** The built-in projection of that name, or null. */
export function builtInProjection(name: string): DeclarativeProjection | null {
  return BUILT_IN_PROJECTIONS.find((projection) => projection.name === name) ?? null;
}

/** The reducer of the first projection that is about this aggregate type; without one, merge. */
export function reducerFor(
  aggregateType: string,
  projections: readonly DeclarativeProjection[] = WHOLE_LIVES,
): Reducer {
  const match = projections.find(
    ({ source, reducer, key }) =>
      key === 'aggregateId' &&
      (reducer.aggregateType ?? aggregateType) === aggregateType &&
      (source.aggregateTypes?.includes(aggregateType) ?? reducer.aggregateType === aggregateType),
  );
  return match?.reducer ?? mergeReducer;
}
