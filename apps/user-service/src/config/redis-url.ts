import type { RedisAddress, RedisNode } from '#platform/redis';
import { parsed, Refused } from './formats.js';
import { isSamplePassword } from './guessable.js';
import { isInternalHost } from './hosts.js';
import { decoded, hostOf, parseUrl, PLAIN_TO_PUBLIC, SAMPLE_PASSWORD } from './urls.js';

const PORT = 6379;
const SENTINEL_PORT = 26_379;
const MOST_NODES = 50;

/** `redis+cluster://user:password@a:1,b:2/path?query` in pieces; a URL parser knows no lists of hosts. */
const LISTED =
  /^(?<scheme>rediss?)\+(?<mode>sentinel|cluster):\/\/(?<userInfo>[^@/?#]*@)?(?<hosts>[^@/?#]+)(?<path>\/[^?#]*)?(?<query>\?[^#]*)?$/;

export const redisUrl = parsed((text): RedisAddress => {
  if (/^rediss?\+/.test(text)) return severalNodes(text);
  const url = parseUrl(text, ['redis', 'rediss', 'redis+sentinel', 'redis+cluster']);
  return {
    mode: 'single',
    nodes: [nodeOf(url, PORT)],
    master: undefined,
    db: databaseIn(url.pathname),
    username: decoded(url.username),
    password: decoded(url.password),
    sentinelUsername: undefined,
    sentinelPassword: undefined,
    tls: url.protocol === 'rediss:',
  };
});

export function redisRefusedInProduction(address: RedisAddress): string | undefined {
  if (!address.tls && !address.nodes.every(({ host }) => isInternalHost(host))) return PLAIN_TO_PUBLIC;
  const passwords = [address.password, address.sentinelPassword];
  return passwords.some((password) => isSamplePassword(password ?? '')) ? SAMPLE_PASSWORD : undefined;
}

function severalNodes(text: string): RedisAddress {
  const pieces = LISTED.exec(text)?.groups;
  if (pieces === undefined) throw new Refused('must be redis+sentinel:// or redis+cluster:// and a list of hosts');
  const { scheme, mode, userInfo = '', hosts = '', path = '', query } = pieces;
  const { username, password } = parseUrl(`redis://${userInfo}host`, ['redis']);
  const parameters = new URLSearchParams(query);
  return {
    ...(mode === 'sentinel' ? sentinels(hosts, path) : cluster(hosts, path)),
    username: decoded(username),
    password: decoded(password),
    sentinelUsername: parameters.get('sentinelUsername') ?? undefined,
    sentinelPassword: parameters.get('sentinelPassword') ?? undefined,
    tls: scheme === 'rediss',
  };
}

function nodesOf(hosts: string, defaultPort: number): RedisNode[] {
  const nodes = hosts.split(',').map((host) => nodeOf(parseUrl(`redis://${host}`, ['redis']), defaultPort));
  if (nodes.length > MOST_NODES) throw new Refused(`must name at most ${String(MOST_NODES)} hosts`);
  return nodes;
}

function nodeOf(url: URL, defaultPort: number): RedisNode {
  return { host: hostOf(url), port: Number(url.port || defaultPort) };
}

function databaseIn(path: string): number {
  const [, db] = /^\/?(\d{0,4})$/.exec(path) ?? [];
  if (db === undefined) throw new Refused('must have a database number as its path, or none');
  return Number(db);
}

type Place = Pick<RedisAddress, 'mode' | 'nodes' | 'master' | 'db'>;

/** The path is `/<master>` or `/<master>/<database>`. */
function sentinels(hosts: string, path: string): Place {
  const [, master, db = ''] = /^\/([A-Za-z0-9._-]+)(?:\/(\d{1,4}))?$/.exec(path) ?? [];
  if (master === undefined) throw new Refused('must have the name of the master as its path');
  return { mode: 'sentinel', nodes: nodesOf(hosts, SENTINEL_PORT), master, db: Number(db) };
}

function cluster(hosts: string, path: string): Place {
  if (!['', '/', '/0'].includes(path)) throw new Refused('must have no path: a cluster has one database');
  return { mode: 'cluster', nodes: nodesOf(hosts, PORT), master: undefined, db: 0 };
}
