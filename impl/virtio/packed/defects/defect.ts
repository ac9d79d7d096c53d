/** A seeded defect: one step of the algorithm done wrong, as classes over the sound ones. */
import type { PackedDevice } from '../device.ts';
import type { PackedDriver } from '../driver.ts';

/** Which classes a defect changes, and how. Mixins of several defects can be put on top of each other. */
export type PackedDefect = {
  /** As on the command line: lower case, with hyphens. */
  readonly name: string;
  /** What is wrong, in one line. */
  readonly title: string;
  /**
   * What it breaks: a barrier point (B), a known fault of published code (P), a clause on drivers or devices (PD, PV), or a
   * property of all queues (G).
   */
  readonly fault: `${'B' | 'P' | 'PD' | 'PV' | 'G'}${number}`;
  readonly driver?: (Base: typeof PackedDriver) => typeof PackedDriver;
  readonly device?: (Base: typeof PackedDevice) => typeof PackedDevice;
};
