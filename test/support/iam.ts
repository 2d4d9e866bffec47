// Asks an IAM simulator what the roles of a synthesized template may do.
// Gives each resource the ARN it would have in account 111122223333, eu-central-1; which calls are asked for is the tests'.
import { runSimulation } from '@cloud-copilot/iam-simulate';
import {
  asArray,
  type CfnTemplate,
  type NamedResource,
  ofType,
  rendered,
  target,
} from './cdk-app.ts';

const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::URLSuffix': 'amazonaws.com',
};

/** The rest of an ARN by resource type; `{}` stands for the logical id. */
const ARNS: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': `dynamodb:${REGION}:${ACCOUNT}:table/{}`,
  'AWS::Events::EventBus': `events:${REGION}:${ACCOUNT}:event-bus/{}`,
  'AWS::Events::Rule': `events:${REGION}:${ACCOUNT}:rule/bus/{}`,
  'AWS::IAM::Role': `iam::${ACCOUNT}:role/{}`,
  'AWS::KMS::Key': `kms:${REGION}:${ACCOUNT}:key/${KEY_ID}`,
  'AWS::Lambda::Function': `lambda:${REGION}:${ACCOUNT}:function:{}`,
  'AWS::Logs::LogGroup': `logs:${REGION}:${ACCOUNT}:log-group:{}:*`,
  'AWS::S3::Bucket': 's3:::{}',
  'AWS::SecretsManager::Secret': `secretsmanager:${REGION}:${ACCOUNT}:secret:{}-AbCdEf`,
  'AWS::SNS::Topic': `sns:${REGION}:${ACCOUNT}:{}`,
  'AWS::SQS::Queue': `sqs:${REGION}:${ACCOUNT}:{}`,
};

export interface Call {
  readonly action: string;
  /** An ARN, or `*` for a call that knows no resource. */
  readonly resource: string;
  /** What the service says of the request, such as `events:source`. */
  readonly context?: Readonly<Record<string, string | string[]>>;
}

export class Iam {
  readonly #template: CfnTemplate;

  constructor(template: CfnTemplate) {
    this.#template = template;
  }

  /** @throws for a type that has no ARN above */
  arnOf({ id, Type }: Pick<NamedResource, 'id' | 'Type'>): string {
    const arn = ARNS[Type];
    if (arn === undefined) throw new Error(`${id}: no ARN is known for ${Type}`);
    // Names of buckets are in lower case.
    return `arn:aws:${arn.replace('{}', Type === 'AWS::S3::Bucket' ? id.toLowerCase() : id)}`;
  }

  /** Whether the policies of the role, and nothing else, allow the call. @throws where the simulator refuses it */
  async allows(roleId: string, { action, resource, context = {} }: Call): Promise<boolean> {
    const response = await runSimulation(
      {
        request: {
          action,
          principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleId}/function`,
          resource: { resource, accountId: ACCOUNT },
          contextVariables: { ...context },
        },
        identityPolicies: this.#policiesOf(roleId),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...this.#keyPolicy(resource),
      },
      {},
    );
    if (response.resultType === 'error') {
      throw new Error(`${action} on ${resource}: ${JSON.stringify(response.errors)}`);
    }
    return response.overallResult === 'Allowed';
  }

  /** A key's own policy has a say in every call; those of other resources are not about our roles. */
  #keyPolicy(resource: string): { resourcePolicy?: unknown } {
    const key = ofType(this.#template, 'AWS::KMS::Key').find((one) => this.arnOf(one) === resource);
    return key === undefined ? {} : { resourcePolicy: this.#resolved(key.Properties.KeyPolicy) };
  }

  #policiesOf(roleId: string): Array<{ name: string; policy: unknown }> {
    return ofType(this.#template, 'AWS::IAM::Policy')
      .filter(({ Properties }) => asArray(Properties.Roles).map(target).includes(roleId))
      .map(({ id, Properties }) => ({
        name: id,
        policy: this.#resolved(Properties.PolicyDocument),
      }));
  }

  #resolved(document: unknown): unknown {
    const value = (id: string): string => {
      const pseudo = PSEUDO[id];
      if (pseudo !== undefined) return pseudo;
      const resource = this.#template.Resources[id];
      if (resource === undefined) throw new Error(`The policy names ${id}, which is no resource`);
      return this.arnOf({ id, Type: resource.Type });
    };
    return JSON.parse(rendered(document, value));
  }
}
