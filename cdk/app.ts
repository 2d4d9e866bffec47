// The CDK app: configuration in, one stack out. `npx cdk deploy -c workspaceGid=...` runs this.
// Everything that can be wrong with the configuration is said at once, before any resource is made.
import { App } from 'aws-cdk-lib';
import { ConfigurationError } from '../lib/errors.ts';
import { AuditLogStack } from './audit-log-stack.ts';
import { type AuditLogConfig, loadConfig } from './config.ts';
import { addNagChecks } from './nag.ts';

function main(): void {
  const app = new App();
  let config: AuditLogConfig;
  try {
    config = loadConfig(app.node.getAllContext(), new Date());
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
    return;
  }
  addNagChecks(app);
  new AuditLogStack(app, config.stackName, { config });
  app.synth();
}

main();
