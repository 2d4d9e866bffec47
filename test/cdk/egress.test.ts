// The network of the poller: one fixed address where that is asked for, subnets that are there, or Lambda's own.
import { describe, expect, it } from 'vitest';
import { ofType, synthesize, target, the } from '../support/cdk-app.ts';

const inNetwork = (template: ReturnType<typeof synthesize>) =>
  ofType(template, 'AWS::Lambda::Function')
    .filter(({ Properties }) => Properties.VpcConfig !== undefined)
    .map(({ id }) => id.replace(/Function.*/, ''));

describe('a fixed address', () => {
  const template = synthesize({ settings: { network: { fixedAddress: true } } });

  it('is the one way out of the subnet the poller is in, and told in an output', () => {
    expect(inNetwork(template)).toEqual(['PollerPoll']);
    const address = the(template, 'AWS::EC2::EIP').id;
    const gateway = the(template, 'AWS::EC2::NatGateway');
    expect(target(gateway.Properties.AllocationId)).toBe(address);
    const { SubnetIds } = the(template, 'AWS::Lambda::Function', 'PollerPoll').Properties.VpcConfig;
    const routes = ofType(template, 'AWS::EC2::Route').filter(
      ({ Properties }) => Properties.NatGatewayId !== undefined,
    );
    const table = target(routes[0]?.Properties.RouteTableId);
    const associations = ofType(template, 'AWS::EC2::SubnetRouteTableAssociation')
      .filter(({ Properties }) => target(Properties.RouteTableId) === table)
      .map(({ Properties }) => target(Properties.SubnetId));
    expect([routes.length, associations]).toEqual([1, SubnetIds.map(target)]);
    expect(target(template.Outputs['EgressAddress']?.Value)).toBe(address);
  });

  it('lets out https alone, and in nothing', () => {
    const { Properties } = the(template, 'AWS::EC2::SecurityGroup');
    expect(Properties.SecurityGroupIngress).toBeUndefined();
    expect(Properties.SecurityGroupEgress).toMatchObject([
      { CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
    ]);
  });
});

describe('subnets that are there', () => {
  const network = { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] };

  it('are taken as they are, and nothing is made', () => {
    const template = synthesize({ settings: { network } });
    expect(the(template, 'AWS::Lambda::Function', 'PollerPoll').Properties.VpcConfig).toEqual({
      SubnetIds: network.subnetIds,
      SecurityGroupIds: network.securityGroupIds,
    });
    const made = Object.values(template.Resources).filter(({ Type }) =>
      Type.startsWith('AWS::EC2'),
    );
    expect(made).toEqual([]);
  });

  it.each([
    { fixedAddress: false },
    { fixedAddress: true, subnetIds: ['subnet-0a1b2c3d'] },
    { subnetIds: ['subnet-0a1b2c3d'] },
    { ...network, vpcId: 'vpc-1' },
    { subnetIds: ['mine'], securityGroupIds: ['sg-0a1b2c3d'] },
    true,
  ])('%j is no network, and it is said what one is', (given) => {
    expect(() => synthesize({ settings: { network: given } })).toThrow(
      /auditLog\.network[.\w]*: (given .*; give (\{ "fixedAddress": true \}, or \{ "subnetIds"|a list of 1 to 16 ids)|there is no such setting; it may hold subnetIds)/,
    );
  });
});

it('without either, no function is in a network', () => {
  expect(inNetwork(synthesize())).toEqual([]);
});
