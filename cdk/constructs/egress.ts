// The network a function leaves by, so that Asana sees one address: a small network of the deployment's own, or one that is there.
// Without it functions have Lambda's own network, whose addresses are Amazon's and change.
import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import {
  CfnEIP,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  NatProvider,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { NetworkSettings } from '../config-schema.ts';

export class Egress extends Construct {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];

  constructor(scope: Construct, id: string, network: NetworkSettings) {
    super(scope, id);
    if ('subnetIds' in network) {
      this.subnetIds = network.subnetIds;
      this.securityGroupIds = network.securityGroupIds;
      return;
    }
    const address = new CfnEIP(this, 'Address');
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.76.0.0/24'),
      // One address needs one gateway, and a second zone would leave by the same one.
      maxAzs: 1,
      natGateways: 1,
      natGatewayProvider: NatProvider.gateway({ eipAllocationIds: [address.attrAllocationId] }),
      subnetConfiguration: [
        { name: 'Gateway', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
        { name: 'Functions', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      ],
      // These two cost nothing and keep the gateway's bytes down.
      gatewayEndpoints: {
        Checkpoints: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        Quarantine: { service: GatewayVpcEndpointAwsService.S3 },
      },
      restrictDefaultSecurityGroup: false,
    });
    const group = new SecurityGroup(this, 'HttpsOnly', {
      // The CDK's own types disagree under exactOptionalPropertyTypes.
      vpc: vpc as IVpc,
      description: 'Out by https, in by nothing',
      allowAllOutbound: false,
    });
    group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'Asana and the services of AWS');
    this.subnetIds = vpc.privateSubnets.map(({ subnetId }) => subnetId);
    this.securityGroupIds = [group.securityGroupId];
    new CfnOutput(Stack.of(this), 'EgressAddress', {
      description: "The address Asana sees: put it on the workspace's IP allowlist",
      value: address.attrPublicIp,
    });
    Validations.of(vpc).acknowledge({
      id: 'AwsSolutions::AwsSolutions-VPC7',
      reason:
        'One function leaves by it, whose every request is in its own log; flow logs would cost more than the traffic',
    });
  }
}
