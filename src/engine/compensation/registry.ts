/** What compensation adds to the store threads. */
import { draftRead } from './draftRead.ts';
import { belongingRead, planRead, standingRead } from './planRead.ts';
import { receiptReads } from './receipts.ts';

export { receiptWrites as compensationWrites } from './receipts.ts';

export const compensationReads = {
  ...receiptReads,
  'compensation.draft': draftRead,
  'compensation.plan': planRead,
  'compensation.belonging': belongingRead,
  'compensation.standing': standingRead,
};
