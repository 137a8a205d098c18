// A real broker with the demo's records in it, and what an independent reader finds there.
import { produceDemo } from '../fixtures/demo/produce.ts';
import { defaultDemo } from '../fixtures/demo/stories.ts';
import { type KafkaHandle, kafkaAvailable, startKafka } from '../kafka/broker.ts';

const available = kafkaAvailable();

/** Why no broker can run here, or null. */
export const kafkaProblem: string | null = available.ok ? null : `${available.reason}: ${available.fix}`;
if (kafkaProblem) process.stderr.write(`\n*** NO KAFKA FOR THE BROWSER TESTS: ${kafkaProblem} ***\n\n`);

/** Starts a broker and loads the demo; about fifteen seconds. */
export async function startDemoCluster(): Promise<KafkaHandle> {
  const kafka = await startKafka();
  await produceDemo(kafka.bootstrap, defaultDemo());
  return kafka;
}

/** End offset of every partition that is not the broker's own, `topic:partition` → offset. */
export async function endOffsets(kafka: KafkaHandle): Promise<Map<string, bigint>> {
  const text = await kafka.tool(
    'GetOffsetShell',
    '--bootstrap-server',
    kafka.bootstrap,
    '--exclude-internal-topics',
  );
  const lines = text.split('\n').filter((line) => /^[^:]+:\d+:\d+$/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(':');
      return [line.slice(0, at), BigInt(line.slice(at + 1))];
    }),
  );
}

/** Every consumer group of the cluster. */
export async function groups(kafka: KafkaHandle): Promise<string[]> {
  const text = await kafka.tool(
    'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    '--bootstrap-server',
    kafka.bootstrap,
    '--list',
  );
  return text.split('\n').filter((line) => line !== '');
}

export interface SeenRecord {
  key: string;
  value: string;
  headers: string;
}

/** One record as Kafka's own console consumer prints it. */
export async function readRecord(
  kafka: KafkaHandle,
  topic: string,
  partition: number,
  offset: bigint,
): Promise<SeenRecord> {
  const text = await kafka.tool(
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    '--bootstrap-server',
    kafka.bootstrap,
    '--topic',
    topic,
    '--partition',
    String(partition),
    '--offset',
    String(offset),
    '--max-messages',
    '1',
    '--formatter-property',
    'print.key=true',
    '--formatter-property',
    'print.headers=true',
    '--formatter-property',
    'key.separator=\u0001',
    '--formatter-property',
    'headers.separator=\u0002',
  );
  const [headers = '', key = '', value = ''] = text.trimEnd().split('\u0001');
  return { headers, key, value };
}

/** `a − b` of decimals with two digits. */
export function minus(a: string, b: string): string {
  const cents = (text: string) => BigInt(text.replace('.', ''));
  const sum = cents(a) - cents(b);
  const digits = (sum < 0n ? -sum : sum).toString().padStart(3, '0');
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
