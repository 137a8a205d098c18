/**
 * Read models that event-sourced systems keep of their aggregates: what is known of each, its status and its counts.
 * They know no system in particular: a type is read in both of the spellings that are in use, and whatever else an
 * event says is merged into the row.
 */
import type { DeclarativeProjection, Operation, ProjectionColumn, Reducer } from '../model.ts';

/** Every event counts, whatever it is. */
export const COUNTED: Operation[] = [
  { op: 'add', path: 'events', value: 1 },
  { op: 'set', path: 'last_event_type', from: '$type' },
  { op: 'set', path: 'last_event_at', from: '$recordedAt' },
];
const COUNTED_COLUMNS: ProjectionColumn[] = [
  { name: 'events', type: 'integer' },
  { name: 'last_event_type', type: 'text' },
  { name: 'last_event_at', type: 'time' },
];

/** `PAYMENT_SETTLED` and `PaymentSettled`. */
export function bothSpellings(type: string): string[] {
  const camel = type
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
  return [type, camel];
}

/** `LoanAccount`, `loan_account`, `LOAN_ACCOUNT` for `LOAN_ACCOUNT`. */
const typeSpellings = (name: string): string[] => [bothSpellings(name)[1]!, name.toLowerCase(), name];

export function handlers(steps: Record<string, Operation[]>): Reducer['on'] {
  return Object.fromEntries(
    Object.entries(steps).flatMap(([type, operations]) =>
      type.startsWith('*') || type.startsWith('$')
        ? [[type, operations]]
        : bothSpellings(type).map((spelling) => [spelling, operations] as [string, Operation[]]),
    ),
  );
}

interface Lifecycle {
  name: string;
  title: string;
  description: string;
  /** Aggregate types, in capitals with underscores. */
  types: string[];
  /** The status that each event leads to. */
  statuses: Record<string, string>;
  /** Events that add to a total: its name and where the amount lies. */
  totals?: Record<string, { path: string; from: string }>;
  columns: ProjectionColumn[];
}

function lifecycle({ name, title, description, types, statuses, totals, columns }: Lifecycle) {
  const merged: Operation[] = [{ op: 'merge', from: 'data' }, ...COUNTED];
  const steps: Record<string, Operation[]> = { '*': merged };
  for (const [type, status] of Object.entries(statuses))
    steps[type] = [...merged, { op: 'set', path: 'status', value: status }];
  for (const [type, { path, from }] of Object.entries(totals ?? {}))
    steps[type] = [...(steps[type] ?? merged), { op: 'add', path, from }];
  const projection: DeclarativeProjection = {
    name,
    title,
    description,
    source: { aggregateTypes: types.flatMap(typeSpellings) },
    key: 'aggregateId',
    columns: [{ name: 'status', type: 'text' }, ...columns, ...COUNTED_COLUMNS],
    reducer: { name, version: 1, initial: { status: null, events: 0 }, on: handlers(steps) },
  };
  return projection;
}

const amount: ProjectionColumn[] = [
  { name: 'amount', type: 'decimal' },
  { name: 'currency', type: 'text' },
];

export const LIFECYCLES: readonly DeclarativeProjection[] = [
  lifecycle({
    name: 'customer',
    title: 'Customers',
    description: 'Each customer with contact data, status and number of events.',
    types: ['CUSTOMER', 'CLIENT'],
    statuses: {
      CUSTOMER_CREATED: 'Active',
      CUSTOMER_REGISTERED: 'Active',
      CUSTOMER_ACTIVATED: 'Active',
      CUSTOMER_VERIFIED: 'Verified',
      CUSTOMER_SUSPENDED: 'Suspended',
      CUSTOMER_BLOCKED: 'Blocked',
      CUSTOMER_UNBLOCKED: 'Active',
      CUSTOMER_DEACTIVATED: 'Inactive',
      CUSTOMER_CLOSED: 'Closed',
      CUSTOMER_ERASED: 'Erased',
    },
    columns: [
      { name: 'name', type: 'text' },
      { name: 'email', type: 'text' },
    ],
  }),
  lifecycle({
    name: 'account',
    title: 'Accounts',
    description: 'Each account with its owner, status and number of events.',
    types: ['ACCOUNT', 'BANK_ACCOUNT'],
    statuses: {
      ACCOUNT_OPENED: 'Open',
      ACCOUNT_CREATED: 'Open',
      ACCOUNT_ACTIVATED: 'Active',
      ACCOUNT_FROZEN: 'Frozen',
      ACCOUNT_UNFROZEN: 'Active',
      ACCOUNT_SUSPENDED: 'Suspended',
      ACCOUNT_CLOSED: 'Closed',
    },
    columns: [
      { name: 'account_number', type: 'text' },
      { name: 'customer_id', type: 'text' },
      { name: 'currency', type: 'text' },
      { name: 'balance', type: 'decimal' },
    ],
  }),
  lifecycle({
    name: 'transaction_view',
    title: 'Transactions',
    description: 'Each transaction with its amount and how far it came.',
    types: ['TRANSACTION'],
    statuses: {
      TRANSACTION_CREATED: 'Created',
      TRANSACTION_INITIATED: 'Initiated',
      TRANSACTION_AUTHORISED: 'Authorised',
      TRANSACTION_AUTHORIZED: 'Authorised',
      TRANSACTION_POSTED: 'Posted',
      TRANSACTION_COMPLETED: 'Completed',
      TRANSACTION_FAILED: 'Failed',
      TRANSACTION_REJECTED: 'Rejected',
      TRANSACTION_CANCELLED: 'Cancelled',
      TRANSACTION_REVERSED: 'Reversed',
    },
    columns: [...amount, { name: 'account_id', type: 'text' }],
  }),
  lifecycle({
    name: 'payment',
    title: 'Payments',
    description: 'Each payment with its amount and how far it came.',
    types: ['PAYMENT'],
    statuses: {
      PAYMENT_CREATED: 'Created',
      PAYMENT_INITIATED: 'Initiated',
      PAYMENT_SCREENED: 'Screened',
      PAYMENT_AUTHORISED: 'Authorised',
      PAYMENT_AUTHORIZED: 'Authorised',
      PAYMENT_CLEARED: 'Cleared',
      PAYMENT_SETTLED: 'Settled',
      PAYMENT_COMPLETED: 'Completed',
      PAYMENT_REJECTED: 'Rejected',
      PAYMENT_FAILED: 'Failed',
      PAYMENT_CANCELLED: 'Cancelled',
      PAYMENT_REFUNDED: 'Refunded',
    },
    columns: amount,
  }),
  lifecycle({
    name: 'loan',
    title: 'Loans',
    description: 'Each loan with its principal, what was repaid, and its status.',
    types: ['LOAN', 'LOAN_ACCOUNT'],
    statuses: {
      LOAN_APPLIED: 'Applied',
      LOAN_CREATED: 'Created',
      LOAN_APPROVED: 'Approved',
      LOAN_REJECTED: 'Rejected',
      LOAN_DISBURSED: 'Disbursed',
      LOAN_RESTRUCTURED: 'Restructured',
      LOAN_DEFAULTED: 'Defaulted',
      LOAN_WRITTEN_OFF: 'Written off',
      LOAN_REPAID: 'Repaid',
      LOAN_CLOSED: 'Closed',
    },
    totals: {
      LOAN_PAYMENT_RECEIVED: { path: 'repaid_total', from: 'data.amount' },
      LOAN_REPAYMENT_MADE: { path: 'repaid_total', from: 'data.amount' },
    },
    columns: [
      { name: 'customer_id', type: 'text' },
      { name: 'principal', type: 'decimal' },
      { name: 'repaid_total', type: 'decimal' },
    ],
  }),
  lifecycle({
    name: 'order_lifecycle',
    title: 'Order lifecycles',
    description: 'Each order and how far it came.',
    types: ['ORDER'],
    statuses: {
      ORDER_CREATED: 'Created',
      ORDER_PLACED: 'Placed',
      ORDER_CONFIRMED: 'Confirmed',
      ORDER_PAID: 'Paid',
      ORDER_PACKED: 'Packed',
      ORDER_SHIPPED: 'Shipped',
      ORDER_DELIVERED: 'Delivered',
      ORDER_FILLED: 'Filled',
      ORDER_PARTIALLY_FILLED: 'Partially filled',
      ORDER_REJECTED: 'Rejected',
      ORDER_CANCELLED: 'Cancelled',
      ORDER_RETURNED: 'Returned',
      ORDER_EXPIRED: 'Expired',
    },
    columns: [{ name: 'customer_id', type: 'text' }, ...amount],
  }),
  lifecycle({
    name: 'trade_lifecycle',
    title: 'Trade lifecycles',
    description: 'Each trade from execution to settlement.',
    types: ['TRADE'],
    statuses: {
      TRADE_CREATED: 'Created',
      TRADE_EXECUTED: 'Executed',
      TRADE_CONFIRMED: 'Confirmed',
      TRADE_ALLOCATED: 'Allocated',
      TRADE_CLEARED: 'Cleared',
      TRADE_SETTLED: 'Settled',
      TRADE_AMENDED: 'Amended',
      TRADE_CANCELLED: 'Cancelled',
      TRADE_FAILED: 'Failed',
    },
    columns: [
      { name: 'instrument', type: 'text' },
      { name: 'quantity', type: 'decimal' },
      { name: 'price', type: 'decimal' },
    ],
  }),
];
