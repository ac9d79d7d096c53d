/** A seeded defect: one step of the algorithm done wrong, as classes over the sound ones. */
import type { CamkesDevice } from '../camkesDevice.ts';
import type { CamkesDriver } from '../camkesDriver.ts';
import type { Channels } from '../channels.ts';
import type { MsgqueueSender } from '../msgqueue.ts';

/** Which classes a defect changes, and how. Mixins of several defects can be put on top of each other. */
export type Sel4Defect = {
  /** As on the command line: lower case, with hyphens. */
  readonly name: string;
  /** What is wrong, in one line. */
  readonly title: string;
  /** Its number among the published code's faults. */
  readonly fault: `Q${number}` | 'registry';
  readonly driver?: (Base: typeof CamkesDriver) => typeof CamkesDriver;
  readonly device?: (Base: typeof CamkesDevice) => typeof CamkesDevice;
  readonly channels?: (Base: typeof Channels) => typeof Channels;
  readonly sender?: (Base: typeof MsgqueueSender) => typeof MsgqueueSender;
};
