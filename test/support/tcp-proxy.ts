import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A wire that can be cut. `refuse` ends every connection and accepts none, as a stopped server does; `swallow` keeps
 * connections open but lets nothing through, as a broken network does.
 */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #swallowing = false;
  #muffled = false;
  #accepted = 0;

  private constructor(
    private readonly target: { readonly host: string; readonly port: number },
    private listeningPort: number,
  ) {}

  static async start(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, 0);
    await proxy.restore();
    return proxy;
  }

  /** Stays the same while the wire is cut. */
  get port(): number {
    return this.listeningPort;
  }

  /** Connections that were opened so far. */
  get accepted(): number {
    return this.#accepted;
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  /** Lets requests through and answers not, until the wire is cut or restored. */
  muffle(): void {
    this.#muffled = true;
  }

  swallow(): void {
    this.#swallowing = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Connections that lived through `swallow` stay dead; new ones work. */
  async restore(): Promise<void> {
    if (this.#swallowing) for (const socket of this.#sockets) socket.destroy();
    this.#swallowing = false;
    this.#muffled = false;
    if (this.#server !== undefined) return;
    const server = createServer((client) => {
      this.forward(client);
    });
    server.listen(this.listeningPort, '127.0.0.1');
    await once(server, 'listening');
    this.listeningPort = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  private forward(client: Socket): void {
    this.#accepted += 1;
    if (this.#swallowing) {
      this.track(client, client);
      return;
    }
    const upstream = connect(this.target);
    this.track(client, upstream);
    this.track(upstream, client);
    client.pipe(upstream);
    if (this.#muffled) upstream.resume();
    else upstream.pipe(client);
  }

  private track(socket: Socket, peer: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      peer.destroy();
    });
  }
}

/** The same URL, led through the proxy. */
export function through(proxy: TcpProxy, url: string): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(proxy.port);
  return changed.href;
}
