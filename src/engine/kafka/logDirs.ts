// What the brokers keep of each topic on their disks.
import type { ClusterClient } from './clusterClient.ts';
import { DESCRIBE_LOG_DIRS } from './describeRequests.ts';
import { asFault, faultOfCode } from './faults.ts';
import { KafkaFault } from './types.ts';

export interface StoredReplica {
  broker: number;
  dir: string;
  topic: string;
  partition: number;
  bytes: bigint;
  offsetLag: bigint;
  /** Being moved to another folder of the same broker; it takes space and serves nothing yet. */
  future: boolean;
}

export interface BrokerDisk {
  broker: number;
  /** Of its volumes together; null when the broker is too old to say. */
  totalBytes: bigint | null;
  usableBytes: bigint | null;
  /** Why nothing, or not all, is known of this broker. */
  fault: KafkaFault | null;
}

export interface Disks {
  brokers: BrokerDisk[];
  replicas: StoredReplica[];
}

/**
 * One request a broker, all at once; a broker that fails has its reason and the others stand.
 * @param topic null: of every topic. The sizes are those of local segments; what a tiered topic keeps remotely is not in them.
 */
export async function readDisks(
  client: ClusterClient,
  topic: { name: string; partitions: number[] } | null,
): Promise<Disks> {
  const asked = topic === null ? null : [{ topic: topic.name, partitions: topic.partitions }];
  const replicas: StoredReplica[] = [];
  const brokers = await Promise.all(
    client.brokers.map(async ({ id }): Promise<BrokerDisk> => {
      const disk: BrokerDisk = { broker: id, totalBytes: null, usableBytes: null, fault: null };
      try {
        const { errorCode, dirs } = await client.request(id, DESCRIBE_LOG_DIRS, asked);
        if (errorCode !== 0) throw faultOfCode(errorCode, `broker ${id}`);
        // A broker has at least one folder; before Kafka 3.2 an answer without any is how it refuses.
        if (dirs.length === 0) throw faultOfCode(CLUSTER_AUTHORIZATION_FAILED, `broker ${id}`);
        for (const dir of dirs) {
          if (dir.errorCode !== 0) disk.fault = dirFault(id, dir.path, dir.errorCode);
          disk.totalBytes = plus(disk.totalBytes, dir.totalBytes);
          disk.usableBytes = plus(disk.usableBytes, dir.usableBytes);
          for (const { topic: name, partition, size, offsetLag, future } of dir.replicas) {
            const replica = { broker: id, dir: dir.path, topic: name, partition, bytes: size };
            replicas.push({ ...replica, offsetLag, future });
          }
        }
      } catch (error) {
        disk.fault = asFault(error, `broker ${id}`);
      }
      return disk;
    }),
  );
  brokers.sort((a, b) => a.broker - b.broker);
  return { brokers, replicas };
}

const CLUSTER_AUTHORIZATION_FAILED = 31;

const plus = (sum: bigint | null, one: bigint | null) => (one === null ? sum : (sum ?? 0n) + one);

function dirFault(broker: number, path: string, code: number): KafkaFault {
  const { message } = faultOfCode(code, path);
  return new KafkaFault(
    'protocol',
    `broker ${broker}`,
    `The folder ${path} of broker ${broker} cannot be read by it: ${message}`,
    'Look at the disk of that broker; the sizes shown leave this folder out.',
  );
}
