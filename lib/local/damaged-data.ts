// What is said of a data folder whose database cannot be used. Touches neither.
import { AuditBusError } from '../errors.ts';

/**
 * What dynalite throws from a callback, where nobody can catch it, when LevelDB did not open what is in the folder
 * (dynalite 4.0); undefined for anything else.
 */
export function damagedDatabase(thrown: unknown): AuditBusError | undefined {
  const isClosed = thrown instanceof Error && thrown.message === 'Database is closed';
  return isClosed ? damagedData('The database in the data folder', thrown) : undefined;
}

export function damagedData(what: string, cause: unknown): AuditBusError {
  return new AuditBusError(
    'local.data-damaged',
    `${what} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. Move the data folder aside: the next run reads the log anew.`,
    { cause },
  );
}
