// All campaigns, and which of them notices each deliberate break.
import type { Break } from './breaks.ts';
import type { Campaign } from './campaign.ts';
import { asana } from './campaigns/asana.ts';
import { bus } from './campaigns/bus.ts';
import { clocks } from './campaigns/clocks.ts';
import { hostile } from './campaigns/hostile.ts';
import { kill } from './campaigns/kill.ts';
import { mutants } from './campaigns/mutants.ts';
import { pollers } from './campaigns/pollers.ts';
import { sinks } from './campaigns/sinks.ts';
import { table } from './campaigns/table.ts';
import { time } from './campaigns/time.ts';

export const CAMPAIGNS: readonly Campaign[] = [
  asana,
  bus,
  table,
  sinks,
  clocks,
  time,
  mutants,
  hostile,
  kill,
  pollers,
];

/** With so many seeds at most a break is noticed. */
export const SEEDS_FOR_A_BREAK = 40;
export const NOTICED_BY: Readonly<Record<Break, Campaign>> = {
  'save-before-publish': bus,
  'ignore-failed-entries': bus,
  'no-fencing': clocks,
  'no-memory': bus,
  'no-quarantine': bus,
  'no-claims': sinks,
  'no-markers': bus,
};
