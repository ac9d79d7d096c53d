/** A seeded defect: one step of the algorithm done wrong, as classes over the sound ones. */
import type { SplitDevice } from '../device.ts';
import type { SplitDriver } from '../driver.ts';

/** Which classes a defect changes, and how. Mixins of several defects can be put on top of each other. */
export type SplitDefect = {
  /** As on the command line: lower case, with hyphens. */
  readonly name: string;
  /** What is wrong, in one line. */
  readonly title: string;
  /**
   * What it breaks: a barrier point (B), a known fault of published code (S), a clause on drivers or devices (SD, SV), or a
   * property of all queues (G).
   */
  readonly fault: `${'B' | 'S' | 'SD' | 'SV' | 'G'}${number}`;
  readonly driver?: (Base: typeof SplitDriver) => typeof SplitDriver;
  readonly device?: (Base: typeof SplitDevice) => typeof SplitDevice;
};
