// A secret without a value: a person sets it once, and no deploy can ever overwrite or delete it.
// The code that reads it treats "no value yet" as a state of its own.
import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { DataKey } from './data-key.ts';

/**
 * Neither SecretString nor GenerateSecretString is given. CloudFormation writes a version of a secret only when one of
 * the two changes, so with neither it never writes one; the L2 construct always gives one of them.
 * Retained, since Asana and Slack show a credential only once. The name is generated, so nothing collides later.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
 */
export function valuelessSecret(scope: Construct, id: string, description: string): CfnSecret {
  const key = DataKey.of(scope)?.key;
  const secret = new CfnSecret(scope, id, {
    description,
    ...(key === undefined ? {} : { kmsKeyId: key.keyArn }),
  });
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions::AwsSolutions-SMG4',
    reason:
      'The credential is issued by a person in another system, which offers no call to rotate it; put-secret-value takes a new one at any time',
  });
  return secret;
}
