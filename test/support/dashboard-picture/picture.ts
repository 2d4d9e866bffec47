// The dashboard as it is deployed, taken from the synthesized template, drawn with simulated weeks.
import { type CfnTemplate, rendered, synthesize, the } from '../cdk-app.ts';
import { draw, type Widget } from './draw.ts';
import { simulatedWeeks } from './weeks.ts';

/** What the template says of the dashboard, with logical ids, and names of alarms, in place of references. */
export function dashboardWidgets(template: CfnTemplate): readonly Widget[] {
  const { DashboardBody } = the(template, 'AWS::CloudWatch::Dashboard').Properties;
  const nameOf = (id: string) => {
    const name = template.Resources[id]?.Properties?.AlarmName;
    return typeof name === 'string' ? name : id;
  };
  return JSON.parse(rendered(DashboardBody, nameOf)).widgets;
}

export function dashboardPicture(template = synthesize()): string {
  const widgets = dashboardWidgets(template).map((widget) => ({
    ...widget,
    properties: {
      ...widget.properties,
      ...(widget.properties.alarms === undefined
        ? {}
        : {
            alarms: widget.properties.alarms.map((name) => name.replace(/^.*AsanaAuditBus-/, '')),
          }),
    },
  }));
  return draw(widgets, simulatedWeeks());
}
