// Puts what was measured of a run into CloudWatch's hands: a line of EMF for the workspace, and one for the deployment when
// something is amiss. Which figures there are is summary.ts's.
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { DEPLOYMENT_METRICS, WORKSPACE_DIMENSION } from '../contract/metrics.ts';
import type { Measure } from './summary.ts';

/** @param metrics with nothing stored in it */
export function emit(
  metrics: Pick<Metrics, 'addDimension' | 'addMetric' | 'publishStoredMetrics'>,
  workspaceGid: string,
  measured: readonly Measure[],
): void {
  const ofDeployment = measured.filter(({ name }) => DEPLOYMENT_METRICS.has(name));
  const ofWorkspace = measured.filter(({ name }) => !DEPLOYMENT_METRICS.has(name));
  const publish = (measures: readonly Measure[]) => {
    for (const { name, unit, value } of measures) metrics.addMetric(name, unit, value);
    metrics.publishStoredMetrics();
  };
  if (ofDeployment.length > 0) publish(ofDeployment);
  if (ofWorkspace.length > 0) {
    metrics.addDimension(WORKSPACE_DIMENSION, workspaceGid);
    publish(ofWorkspace);
  }
}
