import { Cluster, Redis as IORedis, type ClusterOptions, type RedisOptions } from 'ioredis';

import { CONNECT_MS, COMMAND_MS, reconnectDelay } from './limits.js';
import type { Connection } from './redis-commands.js';
import type { RedisAddress, RedisNode } from './redis-settings.js';

const KEEP_ALIVE_MS = 10_000;
/** How long the other side may take to close: one that hangs never does. */
const DISCONNECT_MS = 50;
const LOADING_RETRY_MS = 500;

const NAME = 'user-service';
const VERIFIED = { rejectUnauthorized: true };

/** Nothing is kept for later and nothing is sent twice: a caller that waited long enough has gone on without. */
const NO_SECOND_ATTEMPT = {
  lazyConnect: true,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
} satisfies RedisOptions;

function nodeOptions({ username, password, tls }: RedisAddress): RedisOptions {
  return {
    ...NO_SECOND_ATTEMPT,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
    keepAlive: KEEP_ALIVE_MS,
    maxLoadingRetryTime: LOADING_RETRY_MS,
    connectionName: NAME,
    disableClientInfo: true,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: VERIFIED } : {}),
  };
}

function serverOptions(address: RedisAddress, node: RedisNode): RedisOptions {
  const common = { ...nodeOptions(address), db: address.db };
  if (address.mode !== 'sentinel') return { ...common, ...node };
  const { sentinelUsername, sentinelPassword } = address;
  return {
    ...common,
    sentinels: [...address.nodes],
    ...(address.master === undefined ? {} : { name: address.master }),
    sentinelCommandTimeout: CONNECT_MS,
    sentinelRetryStrategy: reconnectDelay,
    // A master that was made a replica says so at the next write: ask the Sentinels again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(address.tls ? { enableTLSForSentinelMode: true, sentinelTLS: VERIFIED } : {}),
  };
}

const unresolved: NonNullable<ClusterOptions['dnsLookup']> = (host, callback) => {
  callback(null, host);
};

/** The connection for commands; it comes back by itself. Not connected yet. */
export function openCommands(address: RedisAddress): Connection {
  const [node] = address.nodes;
  if (node === undefined) throw new Error('A Redis address has at least one node');
  if (address.mode === 'cluster') {
    return new Cluster([...address.nodes], {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      clusterRetryStrategy: reconnectDelay,
      slotsRefreshTimeout: CONNECT_MS,
      // Retries inside of one command end with the time that the command has.
      maxRedirections: 3,
      retryDelayOnFailover: COMMAND_MS,
      retryDelayOnClusterDown: COMMAND_MS,
      redisOptions: nodeOptions(address),
      // Certificates hold names; what the cluster announces must not be resolved away.
      ...(address.tls ? { dnsLookup: unresolved } : {}),
    });
  }
  return new IORedis({ ...serverOptions(address, node), enableAutoPipelining: true, retryStrategy: reconnectDelay });
}

/**
 * A connection for messages, for one life only: what follows it is up to the caller. In a cluster every node passes on
 * all messages, so each attempt takes the next one.
 */
export function openMessages(address: RedisAddress, attempt: number): IORedis {
  const node = address.nodes[attempt % address.nodes.length];
  if (node === undefined) throw new Error('A Redis address has at least one node');
  return new IORedis({ ...serverOptions(address, node), retryStrategy: () => null });
}
