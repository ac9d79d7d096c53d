/** Drives a search slice by slice, so that progress, time and Ctrl-C get their turn. */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Interrupt } from './interrupt.ts';

/** What is driven: an exhaustive search, or a fuzzer. */
export interface Driven {
  /** Does up to `count` units of work; true when there is none left. */
  advance(count: number): boolean;
  /** Ends it before its time. */
  stop(why: string): void;
}

export interface DriveOptions {
  /** Units of work between two looks at the clock: some 10 ms of it. */
  readonly slice: number;
  /** Wall clock; undefined: no bound. */
  readonly maxSeconds: number | undefined;
  readonly interrupt: Pick<Interrupt, 'requested'>;
  /** Called between slices. */
  onSlice(seconds: number): void;
}

/** Runs to the end, to the time limit or to Ctrl-C. Returns the seconds that it took. */
export async function drive(work: Driven, options: DriveOptions): Promise<number> {
  const begin = performance.now();
  const elapsed = (): number => (performance.now() - begin) / 1000;
  const { maxSeconds = Number.POSITIVE_INFINITY } = options;
  while (!work.advance(options.slice)) {
    options.onSlice(elapsed());
    await setImmediate();
    if (options.interrupt.requested) work.stop('interrupted');
    else if (elapsed() >= maxSeconds) work.stop(`bound of ${Number(maxSeconds.toPrecision(3))} s met`);
    else continue;
    break;
  }
  options.onSlice(elapsed());
  return elapsed();
}
