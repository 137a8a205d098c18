// What a real Kafka needs on this machine, and fetching its jars once.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const KAFKA_VERSION = '4.3.1';

export type KafkaAvailability =
  | { ok: true; how: 'java' | 'docker' }
  | { ok: false; reason: string; fix: string };

const here = dirname(fileURLToPath(import.meta.url));

const runs = (command: string, ...args: string[]) => {
  const done = spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 });
  return done.status === 0;
};

function jarDir(version: string): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'hindcast', `kafka-jars-${version}`);
}

const isFetched = (version: string) => existsSync(join(jarDir(version), `kafka_2.13-${version}.jar`));

let known: KafkaAvailability | undefined;

/** Whether a real Kafka can be started here, and how; otherwise why not and the command that would change it. */
export function kafkaAvailable(): KafkaAvailability {
  known ??= findOut();
  return known;
}

function findOut(): KafkaAvailability {
  const hasJava = runs('java', '-version');
  if (hasJava && (isFetched(KAFKA_VERSION) || runs('mvn', '-version'))) return { ok: true, how: 'java' };
  if (runs('docker', 'info')) return { ok: true, how: 'docker' };
  return {
    ok: false,
    reason: hasJava
      ? 'Java is here, but Maven (which fetches Kafka once) and a running Docker are not'
      : 'neither Java 17 or newer nor a running Docker was found',
    fix: hasJava ? 'sudo apt-get install maven' : 'sudo apt-get install openjdk-17-jre-headless maven',
  };
}

/** The Java class path of a Kafka of this version; fetches about 55 MB the first time. */
export function kafkaClasspath(version = KAFKA_VERSION): string {
  const target = jarDir(version);
  if (!isFetched(version)) {
    mkdirSync(dirname(target), { recursive: true });
    // Fetched beside and renamed at the end, so that a broken download or a second process never leaves half a set.
    const fetching = mkdtempSync(`${target}.fetching-`);
    execFileSync(
      'mvn',
      [
        ...['-q', '-B', '-f', join(here, 'pom.xml'), `-Dkafka.version=${version}`],
        ...['dependency:copy-dependencies', `-DoutputDirectory=${fetching}`],
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    if (isFetched(version)) rmSync(fetching, { recursive: true, force: true });
    else renameSync(fetching, target);
  }
  return join(target, '*');
}
