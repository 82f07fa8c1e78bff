import { createServer } from 'node:net';

/** A TCP port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const port = await listenOnce({ port: 0, host: '127.0.0.1' });
  if (port === undefined) throw new Error('No free port on 127.0.0.1.');
  return port;
}

/** Whether somebody listens on the port already. */
export async function isPortBusy(port: number, host: string | undefined): Promise<boolean> {
  return (await listenOnce(host === undefined ? { port } : { port, host })) === undefined;
}

function listenOnce(address: { port: number; host?: string }): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ ...address, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : undefined));
    });
  });
}
