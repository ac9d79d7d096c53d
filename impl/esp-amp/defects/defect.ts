/** A seeded defect: one step of the algorithm done wrong, as a class over the sound one. */
import type { Queue } from '../queue.ts';
import type { SwIntr } from '../swIntr.ts';
import type { SysInfo } from '../sysInfo.ts';

/** Which class a defect changes, and how. Mixins of several defects can be put on top of each other. */
export type EspAmpDefect = {
  /** As on the command line: lower case, with hyphens. */
  readonly name: string;
  /** What is wrong, in one line. */
  readonly title: string;
} & (
  | { readonly changes: 'queue'; readonly mixin: (Base: typeof Queue) => typeof Queue }
  | { readonly changes: 'sysInfo'; readonly mixin: (Base: typeof SysInfo) => typeof SysInfo }
  | { readonly changes: 'swIntr'; readonly mixin: (Base: typeof SwIntr) => typeof SwIntr }
);
