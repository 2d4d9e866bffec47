// The rule packs every synthesis is checked against; a finding that is not acknowledged with a reason fails it.
// Acknowledgements stand beside the construct they are about.
import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

/** The packs of cdk-nag 3 are validation plugins of the app, not aspects. */
export function addNagChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}
