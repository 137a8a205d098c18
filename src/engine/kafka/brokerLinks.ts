// The open connections to brokers by address: opened once when needed, thrown away after a failure.
import { parseAddress } from './address.ts';
import { asFault } from './faults.ts';
import { type BrokerLink, openBroker } from './kafkajsInternals.ts';
import type { Api } from './requests.ts';
import { type KafkaConnection, KafkaFault, type KafkaLog } from './types.ts';

export class BrokerLinks {
  readonly #connection: KafkaConnection;
  readonly #log: KafkaLog;
  readonly #links = new Map<string, Promise<BrokerLink>>();
  readonly #open = new Map<BrokerLink, Promise<BrokerLink>>();
  #closed = false;

  constructor(connection: KafkaConnection, log: KafkaLog) {
    this.#connection = connection;
    this.#log = log;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends a request in the best version both ends know. @throws KafkaFault */
  async ask<I, O>(address: string, api: Api<I, O>, input: I, options: { timeoutMs?: number }): Promise<O> {
    const link = await this.#link(address);
    const range = link.versions(api.key);
    const version = range && api.versions.find((v) => v >= range.min && v <= range.max);
    if (version === null || version === undefined)
      throw new KafkaFault(
        'kafka-too-old',
        address,
        `${address} does not know the request ${api.name} in a version that is needed`,
        'Hindcast needs Apache Kafka 0.11 or newer, or a broker that is compatible with it.',
      );
    let response: Buffer;
    try {
      const body = api.encode(input, version);
      const request = { apiKey: api.key, apiName: api.name, apiVersion: version, body };
      response = await link.send({ ...request, timeoutMs: options.timeoutMs });
    } catch (error) {
      const fault = asFault(error, address, this.#connection);
      if (fault.retryable || fault.code === 'protocol') this.#drop(address, link);
      throw fault;
    }
    try {
      return api.decode(response, version);
    } catch (error) {
      throw asFault(error, address, this.#connection);
    }
  }

  #link(address: string): Promise<BrokerLink> {
    const known = this.#links.get(address);
    if (known !== undefined) return known;
    if (this.#closed)
      throw new KafkaFault('connection-closed', address, 'This connection was closed', 'Connect again.');
    const opening = this.#openLink(address);
    this.#links.set(address, opening);
    opening.then(
      (link) => this.#open.set(link, opening),
      () => this.#forget(address, opening),
    );
    return opening;
  }

  async #openLink(address: string): Promise<BrokerLink> {
    const target = parseAddress(address);
    try {
      const link = await openBroker(target, this.#connection, this.#log);
      if (this.#closed) link.close();
      return link;
    } catch (error) {
      throw asFault(error, address, this.#connection);
    }
  }

  /** After a failure the next request opens a new connection: a half-open one would swallow it. */
  #drop(address: string, link: BrokerLink): void {
    const opened = this.#open.get(link);
    this.#open.delete(link);
    if (opened !== undefined) this.#forget(address, opened);
    link.close();
  }

  /** Another request may have opened a new link to the address already; that one stays. */
  #forget(address: string, opened: Promise<BrokerLink>): void {
    if (this.#links.get(address) === opened) this.#links.delete(address);
  }

  close(): void {
    this.#closed = true;
    for (const link of this.#open.keys()) link.close();
    this.#open.clear();
    this.#links.clear();
  }
}
