import { KafkaFault } from './types.ts';

/** Splits `host:port`; IPv6 as `[::1]:9092`. @throws KafkaFault address-invalid */
export function parseAddress(address: string): { host: string; port: number } {
  const match = /^\s*(?:\[([0-9a-fA-F:.%]+)\]|([^\s:/[\]]+)):(\d{1,5})\s*$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65535)
    throw new KafkaFault(
      'address-invalid',
      address,
      `"${address}" is not a broker address`,
      'Write it as host:port, for example kafka.example.com:9092, without http:// in front.',
    );
  return { host: (match[1] ?? match[2])!, port };
}

/** The way back; used wherever a place is named to the person. */
export const formatAddress = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
