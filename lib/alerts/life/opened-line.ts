// The log line of an alert that was opened, from which the dashboard counts. Names nobody: whom it is about is on the bus.
import type { Alert } from '../../contract/alert.ts';
import { LOG_LINES } from '../../contract/log-lines.ts';
import type { Log } from '../../log.ts';

export function tellOpened(alert: Alert, log: Log): void {
  if (alert.revision !== 1) return;
  const { alertId, detectionId, severity, status } = alert;
  log.info(LOG_LINES.alertOpened, { alertId, detectionId, status, opened: { [severity]: 1 } });
}
