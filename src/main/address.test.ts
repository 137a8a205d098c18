import { expect, test } from 'vitest';
import { isAllowedLink, isOwnPage } from './address.ts';
import { isWorkspaceFile, parseArguments, parseLink } from './arguments.ts';

test('only the page itself is the page', () => {
  expect(isOwnPage('app://hindcast/')).toBe(true);
  expect(isOwnPage('app://hindcast/index.html#/events')).toBe(true);
  const foreign = [
    'app://hindcast.evil.example/',
    'app://hindcastevil/',
    'app://evil@hindcast/',
    'app://hindcast:81/',
    'app://evil/hindcast',
    'apps://hindcast/',
    'https://hindcast/',
    'file:///app://hindcast/',
    'javascript:app://hindcast/',
    'about:blank',
    '',
  ];
  for (const address of foreign) expect([address, isOwnPage(address)]).toEqual([address, false]);
});

test('only listed sites over https open outside', () => {
  expect(isAllowedLink('https://kafka.apache.org/documentation/#consumerconfigs')).toBe(true);
  const refused = [
    'http://kafka.apache.org/',
    'https://kafka.apache.org.evil.example/',
    'https://evil.example/?https://kafka.apache.org/',
    'https://kafka.apache.org@evil.example/',
    'https://user:password@kafka.apache.org/',
    'https://kafka.apache.org:8443/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://kafka.apache.org/share',
    'not an address',
  ];
  for (const address of refused) expect([address, isAllowedLink(address)]).toEqual([address, false]);
});

test('a deep link becomes an address of the page', () => {
  expect(parseLink('hindcast://aggregates/SavingsAccount/SA%2F1?known=2025-01-01T00:00:00Z')).toBe(
    '#/aggregates/SavingsAccount/SA%2F1?known=2025-01-01T00:00:00Z',
  );
  expect(parseLink('hindcast://events')).toBe('#/events');
  const refused = [
    'https://events/',
    'hindcast://user@events/',
    'hindcast://EVENTS%00/',
    'hindcast:///etc/passwd',
    'hindcast://a.b/',
    `hindcast://events/${'x'.repeat(5000)}`,
    'hindcast:',
  ];
  for (const link of refused) expect([link, parseLink(link)]).toEqual([link, null]);
});

test('of the arguments only a link or a workspace file counts', () => {
  expect(parseArguments(['.', '--inspect=1', '/data/audit.hindcast'], '/home/ada')).toEqual({
    kind: 'file',
    path: '/data/audit.hindcast',
  });
  expect(parseArguments(['audit.HINDCAST'], '/home/ada')).toEqual({
    kind: 'file',
    path: '/home/ada/audit.HINDCAST',
  });
  expect(parseArguments(['hindcast://events'], '/')).toEqual({ kind: 'address', address: '#/events' });
  expect(
    parseArguments(['--load-extension=x.hindcast', '/etc/passwd', 'http://x/y.hindcast'], '/'),
  ).toBeNull();
  expect(parseArguments([7, null], '/')).toBeNull();
  expect(parseArguments('hindcast://events', '/')).toBeNull();
  expect(parseArguments(Array(1000).fill('hindcast://events'), '/')).toBeNull();
  expect(isWorkspaceFile('a\0.hindcast')).toBe(false);
});
