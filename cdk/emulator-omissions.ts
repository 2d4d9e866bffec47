// What is left out of the stack when it goes to the emulator of the end-to-end test: the one list, each entry with its reason.
// Holds no bus, rule, queue, function, table, schedule, topic or secret; tests check every entry on the full template instead.

export interface EmulatorOmission {
  /** CloudFormation types that are absent under the switch and present without it. */
  readonly types: readonly string[];
  readonly reason: string;
}

/** Applied only with the context key `emulator` (MiniStack 1.5.33, October 2026). */
export const EMULATOR_OMISSIONS = {
  replayArchive: {
    types: ['AWS::Events::Archive'],
    reason: 'MiniStack refuses a stack with this type',
  },
  busErrorLogDelivery: {
    types: ['AWS::Logs::DeliverySource', 'AWS::Logs::DeliveryDestination', 'AWS::Logs::Delivery'],
    reason: 'MiniStack has no vended log delivery and refuses a stack with these types',
  },
  compositeAlarm: {
    types: ['AWS::CloudWatch::CompositeAlarm'],
    reason: 'MiniStack has composite alarms, but refuses a stack with this type',
  },
} as const satisfies Record<string, EmulatorOmission>;
