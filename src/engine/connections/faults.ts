/** Kafka's failures in the words of the contract. */
import { HindcastError, placed } from '../../contract/errors.ts';
import { KafkaFault } from '../kafka/types.ts';

const withoutStop = (sentence: string) => sentence.replace(/[.\s]+$/, '');
/** A fault names `topic` or `topic/partition`; a topic name cannot hold a slash. */
const topicOf = (where: string) => where.split('/', 1)[0]!;

/** Turns a {@link KafkaFault} into the error a person sees; anything else is returned as it is. */
export function asHindcastError(error: unknown, cluster: string): unknown {
  if (!(error instanceof KafkaFault)) return error;
  const { code, where, nextStep, message, retryable } = error;
  const options = { cause: error };
  if (code === 'topic-unknown' || code === 'topic-invalid')
    return new HindcastError('topic.unknown', { topic: topicOf(where), where: cluster }, options);
  if (code === 'topic-not-authorized')
    return new HindcastError('topic.denied', { topic: topicOf(where) }, options);
  if (code === 'cancelled')
    return new HindcastError('cancelled', { what: `The request to ${cluster}` }, options);
  if (code === 'outcome-unknown')
    return new HindcastError('compensate.unsure', { problem: withoutStop(message) }, options);
  return new HindcastError(
    'connection.failed',
    { where: cluster, problem: withoutStop(placed(cluster, message)), next: nextStep, code, at: where },
    { ...options, retryable },
  );
}
