// What is measured, and what is to be reached. Data only.

export interface Target {
  readonly figure: 'eventsPerSecond' | 'floorRatio' | 'bareRatio';
  readonly atLeast: number;
}

export interface Scenario {
  readonly name: string;
  /** Milliseconds that each answer of the servers waits. */
  readonly latencyMs: number;
  readonly pageSize: number;
  readonly targets: readonly Target[];
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: '20ms-pages-of-100',
    latencyMs: 20,
    pageSize: 100,
    targets: [
      { figure: 'floorRatio', atLeast: 0.85 },
      { figure: 'eventsPerSecond', atLeast: 4_000 },
    ],
  },
  {
    name: '20ms-pages-of-1000',
    latencyMs: 20,
    pageSize: 1_000,
    targets: [{ figure: 'bareRatio', atLeast: 0.85 }],
  },
  {
    name: '0ms-pages-of-1000',
    latencyMs: 0,
    pageSize: 1_000,
    targets: [{ figure: 'bareRatio', atLeast: 0.75 }],
  },
];

/** Peak memory must not grow with what is waiting in the log. */
export const MEMORY = {
  name: 'memory',
  latencyMs: 0,
  pageSize: 1_000,
  fewEvents: 10_000,
  manyEvents: 200_000,
  atMost: 1.25,
} as const;
