/** Why one part of an answer is missing, where the other parts stand. */
import type { KafkaFault } from '../kafka/types.ts';

/** `Not allowed: this login needs Describe on the cluster.`, or what happened and the next step. */
export function partProblem(fault: KafkaFault, right: string): string {
  if (fault.code.endsWith('-not-authorized')) return `Not allowed: this login needs ${right}.`;
  const stop = /[.!?]$/.test(fault.message) ? '' : '.';
  return `${fault.message}${stop} ${fault.nextStep}`;
}
