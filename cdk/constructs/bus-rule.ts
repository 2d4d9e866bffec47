// One rule of the bus with one queue as its target and a queue for what could not be delivered.
// An L1 rule, because the L2 one knows no `replay-name` in a pattern and writes a policy statement per rule.
import { CfnRule } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Bus } from './bus.ts';

export interface BusRuleProps {
  readonly bus: Bus;
  /** The rule's name on its bus, at most 64 of `A-Z a-z 0-9 . - _`. */
  readonly ruleName: string;
  readonly description: string;
  /** An EventBridge event pattern as JSON. */
  readonly pattern: object;
  readonly target: IQueue;
  /** What the target receives, with `<aws.events.event.json>` for the event. @default - the event itself */
  readonly inputTemplate?: string;
}

/** The queue must let the bus's rules send to it: `allowRulesToSend`. */
export class BusRule extends Construct {
  constructor(scope: Construct, id: string, props: BusRuleProps) {
    super(scope, id);
    new CfnRule(this, 'Rule', {
      eventBusName: props.bus.eventBus.eventBusName,
      name: props.ruleName,
      description: props.description,
      eventPattern: props.pattern,
      state: 'ENABLED',
      targets: [
        {
          id: 'Queue',
          arn: props.target.queueArn,
          deadLetterConfig: { arn: props.bus.undelivered.queueArn },
          ...(props.inputTemplate === undefined
            ? {}
            : { inputTransformer: { inputTemplate: props.inputTemplate } }),
        },
      ],
    });
  }
}

/**
 * The input transformer's template of a detection's rule. The placeholder stands without quotes, so that the event
 * arrives as an object; with `RuleTargetInput.fromObject` it would arrive as the literal text of the placeholder.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 * @param detectionId of `[a-z0-9.-]` only, so that it needs no escaping
 */
export function detectionInputTemplate(detectionId: string): string {
  return `{"detectionId":"${detectionId}","event":<aws.events.event.json>}`;
}
