/** A seeded defect of a transport: one step done wrong, as classes over the sound ones. */
import type { DeviceTransport } from '../deviceTransport.ts';
import type { DriverTransport } from '../driverTransport.ts';

/** Which classes a defect changes, and how. Mixins of several defects can be put on top of each other. */
export type TransportDefect = {
  /** As on the command line: lower case, with hyphens. */
  readonly name: string;
  /** What is wrong, in one line. */
  readonly title: string;
  /** Section of VirtIO 1.2 that it breaks. */
  readonly section: string;
  readonly driver?: (Base: typeof DriverTransport) => typeof DriverTransport;
  readonly device?: (Base: typeof DeviceTransport) => typeof DeviceTransport;
};
