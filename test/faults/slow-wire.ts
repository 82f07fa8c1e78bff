import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A wire to a port of this machine that takes its time, in both directions. */
export class SlowWire {
  /** Milliseconds from one end to the other. */
  delayMs = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(target: number): Promise<SlowWire> {
    const server = createServer();
    const wire = new SlowWire(server);
    server.on('connection', (client: Socket) => {
      const far = connect(target, '127.0.0.1');
      wire.lead(client, far);
      wire.lead(far, client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private lead(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    let last = Promise.resolve();
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on('data', (bytes) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      setTimeout(resolve, this.delayMs, undefined);
      // In the order in which they came, whatever the delay was.
      last = Promise.all([last, promise]).then(() => {
        if (to.writable) to.write(bytes);
      });
    });
  }
}
