// Opens a server on a free port of this machine alone.
import type { Server } from 'node:http';
import { AuditBusError } from '../errors.ts';

/** @throws AuditBusError `local.listen` when no port can be had */
export function listenOnLoopback(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AuditBusError('local.listen', `No loopback port could be opened: ${cause.message}`, {
          cause,
        }),
      ),
    );
    server.listen(0, '127.0.0.1', resolve);
  });
}
