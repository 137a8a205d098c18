// Certificates for tests, made with openssl: a private CA and what it signs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Runs openssl in a folder; throws with its own words when it fails. */
export function openssl(cwd: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Writes ca.key and ca.crt: a private certificate authority. */
export function makeAuthority(dir: string): void {
  mkdirSync(dir, { recursive: true });
  openssl(
    dir,
    ...'req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=HindcastTestCA -keyout ca.key -out ca.crt'.split(
      ' ',
    ),
  );
}

/** Writes NAME.key, NAME.crt and NAME.pem (both), signed by the authority in `dir`. `days` may be negative: expired. */
export function signCertificate(
  dir: string,
  name: string,
  commonName: string,
  extensions: string,
  days = 30,
): void {
  writeFileSync(join(dir, `${name}.ext`), extensions);
  openssl(
    dir,
    ...`req -newkey rsa:2048 -nodes -subj /CN=${commonName} -keyout ${name}.key -out ${name}.csr`.split(' '),
  );
  openssl(
    dir,
    ...`x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out ${name}.crt -extfile ${name}.ext`.split(
      ' ',
    ),
    '-days',
    String(days),
  );
  const read = (file: string) => readFileSync(join(dir, file), 'utf8');
  writeFileSync(join(dir, `${name}.pem`), read(`${name}.key`) + read(`${name}.crt`), { mode: 0o600 });
}

/** The set a secure test cluster needs: server (127.0.0.1, localhost) and client. */
export function makeCertificates(dir: string): void {
  makeAuthority(dir);
  signCertificate(dir, 'server', 'localhost', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  signCertificate(dir, 'client', 'mtls-client', 'extendedKeyUsage=clientAuth');
}
