import { describe } from 'vitest';
import { kafkaAvailable } from './jars.ts';

/** describe() for tests that need a real Kafka; without one they are reported as skipped, with the reason and the fix. */
export function describeKafka(name: string, body: () => void): void {
  const available = kafkaAvailable();
  if (available.ok) describe(name, body);
  else describe.skip(`${name} (SKIPPED, no Kafka: ${available.reason}; try: ${available.fix})`, body);
}

/** The same for what Docker cannot do: several brokers, secure listeners, the broker's own files. */
export function describeJavaKafka(name: string, body: () => void): void {
  const available = kafkaAvailable();
  if (available.ok && available.how === 'docker')
    describe.skip(`${name} (SKIPPED: needs Java 17 and Maven, Docker is not enough)`, body);
  else describeKafka(name, body);
}
