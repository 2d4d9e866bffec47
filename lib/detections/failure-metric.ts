// Counts in CloudWatch, by detection, that a detection's own code failed on an event (EMF, as a line of the log).
// Where there is no CloudWatch nobody counts.
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DETECTION_DIMENSION, METRICS, METRICS_NAMESPACE } from '../contract/metrics.ts';
import type { DetectMetrics } from './detect.ts';

export const detectionFailures: DetectMetrics = {
  detectionFailed(detectionId) {
    // Each with a dimension of its own, so each is a line of its own.
    const metrics = new Metrics({ namespace: METRICS_NAMESPACE, singleMetric: true });
    metrics.addDimension(DETECTION_DIMENSION, detectionId);
    metrics.addMetric(METRICS.detectionFailures, MetricUnit.Count, 1);
  },
};
