import { connect } from 'node:net';

/** Header lines in the order they are sent; a name may stand there twice. Values are sent as Latin-1. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

export interface RawRequest {
  readonly method?: string;
  /** The request target exactly as it is written on the wire. */
  readonly target: string;
  readonly headers?: HeaderLines;
  readonly body?: string | Buffer;
}

/** The first answer on a connection. Status 0: the connection ended without one. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const NOTHING: RawAnswer = { status: 0, headers: new Headers(), text: '' };
const TIMEOUT_MS = 10_000;
const END_OF_HEAD = '\r\n\r\n';

/** The bytes of a request that asks for the connection to be closed. `Content-Length` is added where none is given. */
export function requestBytes({ method = 'GET', target, headers = [], body }: RawRequest): Buffer {
  const content = Buffer.from(body ?? '');
  const framed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const lines = [
    ['Host', 'service.test'] as const,
    ['Connection', 'close'] as const,
    ...headers,
    ...(body === undefined || framed ? [] : [['Content-Length', String(content.length)] as const]),
  ];
  const head = `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), content]);
}

/** Sends the bytes as they are; what clients normalise or refuse to send arrives as it was meant. */
export function exchange(url: string, bytes: Buffer | string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(TIMEOUT_MS, () => {
      socket.destroy();
      reject(new Error(`No end after ${TIMEOUT_MS} ms of: ${String(bytes).slice(0, 200)}`));
    });
    socket.on('data', (chunk) => {
      received.push(chunk);
      if (isComplete(Buffer.concat(received))) socket.destroy();
    });
    socket.on('close', () => {
      resolve(parse(Buffer.concat(received)));
    });
    // A server may reset the connection of whoever still sends when it has answered.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
  });
}

export function send(url: string, request: RawRequest): Promise<RawAnswer> {
  return exchange(url, requestBytes(request));
}

/** Without the informational answers (RFC 9110 §15.2) before it. */
function finalAnswer(bytes: Buffer): Buffer {
  const end = bytes.indexOf(END_OF_HEAD);
  const informational = end !== -1 && bytes.subarray(0, 10).toString('latin1').startsWith('HTTP/1.1 1');
  return informational ? finalAnswer(bytes.subarray(end + END_OF_HEAD.length)) : bytes;
}

/** True once as much is there as the answer announced; an answer without a length ends with its connection. */
function isComplete(received: Buffer): boolean {
  const bytes = finalAnswer(received);
  const end = bytes.indexOf(END_OF_HEAD);
  const length = /\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, Math.max(end, 0)))?.[1];
  return length !== undefined && bytes.length >= end + END_OF_HEAD.length + Number(length);
}

function parse(received: Buffer): RawAnswer {
  const bytes = finalAnswer(received);
  const end = bytes.indexOf(END_OF_HEAD);
  if (end === -1) return NOTHING;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  return { status, headers, text: bytes.toString('utf8', end + END_OF_HEAD.length) };
}
