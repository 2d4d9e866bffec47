// What `auditLog.detections` does to the stack: which rules there are, what ships beside the bundle, what is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../cdk/config.ts';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import { addStack, type CfnTemplate, ofType, the, withApp } from '../support/cdk-app.ts';

const SAML = 'asana.policy.saml-weakened';
const EXPORT = 'asana.export.organization';

function deployed(detections?: Readonly<Record<string, unknown>>) {
  return withApp((app) => {
    const stack = addStack(app, detections === undefined ? {} : { settings: { detections } });
    const assembly = app.synth();
    const template = assembly.getStackByName(stack.stackName).template as CfnTemplate;
    const detect = the(template, 'AWS::Lambda::Function', 'DetectionsDetect').Properties;
    const file: string | undefined = detect.Environment.Variables.DETECTIONS_FILE;
    const shipped =
      file === undefined
        ? undefined
        : JSON.parse(readFileSync(join(assembly.directory, 'bundle-detect', file), 'utf8'));
    const rules = ofType(template, 'AWS::Events::Rule').map(({ Properties }) => Properties.Name);
    return { rules, shipped, key: detect.Code.S3Key };
  });
}

describe('auditLog.detections', () => {
  it('ships nothing and leaves every rule while nothing changes', () => {
    const { rules, shipped } = deployed();
    expect(shipped).toBeUndefined();
    expect(rules).toEqual(expect.arrayContaining(CATALOGUE.map(({ id }) => id)));
  });

  it('makes no rule for what is off, keeps that of what is staged, and ships both beside the bundle', () => {
    const changes = { [SAML]: { status: 'off' }, [EXPORT]: { status: 'staged' } };
    const { rules, shipped } = deployed(changes);
    expect(rules).not.toContain(SAML);
    expect(rules).toContain(EXPORT);
    expect(shipped).toEqual(changes);
  });

  it('gives the function another asset with each change', () => {
    const keys = [undefined, { [SAML]: { severity: 'low' } }, { [SAML]: { severity: 'info' } }];
    expect(new Set(keys.map((changes) => deployed(changes).key)).size).toBe(3);
  });

  it('names each wrong key with what was given and what to do', () => {
    const load = () =>
      loadConfig(
        {
          auditLog: {
            workspaceGid: '1',
            detections: { [SAML]: { atLeast: 3, status: 'on' }, 'asana.policy.saml-weakend': {} },
          },
        },
        new Date('2026-11-01T00:00:00Z'),
      );
    expect(load).toThrow(`auditLog.detections.${SAML}.atLeast: given 3; `);
    expect(load).toThrow(`auditLog.detections.${SAML}.status: given "on"; `);
    expect(load).toThrow(`did you mean ${SAML}?`);
  });
});
