// How long the tests' own Kafka clients try: the coordinators of a fresh broker on a busy machine load for many seconds.
import { logLevel } from 'kafkajs';

/** About a minute. Every number is named: kafkajs takes others, for seconds only, where NODE_ENV is 'test'. */
export const PATIENT = {
  retries: 25,
  initialRetryTime: 300,
  multiplier: 1.5,
  factor: 0.2,
  maxRetryTime: 3_000,
};

/** Of a kafkajs client. Its consumers need `retry: PATIENT` once more: they have a default of their own. */
export const PATIENT_CLIENT = { logLevel: logLevel.NOTHING, connectionTimeout: 10_000, retry: PATIENT };

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/**
 * For what kafkajs gives up at once, as the first transaction of a producer when its coordinator just loads.
 * @throws what it failed with after two minutes
 */
export async function untilItWorks<T>(work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 120_000; ; await sleep(500)) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
