/** Preloaded into the processes of a local run: when the run is killed, they end as if it had stopped them. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel alone must not keep the process alive.
process.channel?.unref();
