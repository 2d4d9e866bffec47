// Counts in CloudWatch that a detection's own code failed on an event (EMF, as lines of the log): by detection for people,
// and over all of them for the alarm. Where there is no CloudWatch nobody counts.
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DETECTION_DIMENSION, METRICS, METRICS_NAMESPACE } from '../../contract/metrics.ts';

export function countDetectionFailure(detectionId: string): void {
  // Each with dimensions of its own, so each is a line of its own.
  const one = () => new Metrics({ namespace: METRICS_NAMESPACE, singleMetric: true });
  const byDetection = one();
  byDetection.addDimension(DETECTION_DIMENSION, detectionId);
  byDetection.addMetric(METRICS.detectionFailures, MetricUnit.Count, 1);
  one().addMetric(METRICS.detectionFailures, MetricUnit.Count, 1);
}
