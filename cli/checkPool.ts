/** The runs of a check, one after the other or several at a time, each of those in a thread of its own. */
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { type CheckRunOptions, checkRun } from './checkRun.ts';
import type { CheckTask, CheckTaskProgress } from './checkWorker.ts';
import type { Interrupt } from './interrupt.ts';
import type { PlannedRun, TargetPlan } from './plan.ts';
import type { Progress } from './report/progress.ts';
import { progressOfMany } from './report/progressOfMany.ts';
import type { RunReport, TargetReport } from './runReport.ts';
import type { LoadedTarget } from './targets.ts';

export interface CheckWatch {
  /** Runs at a time; 1: all in this thread. */
  readonly jobs: number;
  readonly interrupt: Interrupt;
  readonly progress: Progress;
}

interface Job {
  readonly loaded: LoadedTarget;
  readonly run: PlannedRun;
}

/** Runs them all, or as many as were finished when the interrupt came; the reports are in the order of the plans. */
export async function checkAll(
  plans: readonly TargetPlan[],
  options: CheckRunOptions,
  watch: CheckWatch,
): Promise<readonly TargetReport[]> {
  const jobs = plans.flatMap(({ loaded, runs }) => runs.map((run): Job => ({ loaded, run })));
  const reports = await (watch.jobs <= 1
    ? inThisThread(jobs, options, watch)
    : inThreads(jobs, options, watch));
  let done = 0;
  return plans.map((plan) => {
    const runs = reports.slice(done, done + plan.runs.length).filter((report) => report !== null);
    done += plan.runs.length;
    return { plan, runs };
  });
}

/** Null: it was not begun. */
type Reports = readonly (RunReport | null)[];

async function inThisThread(
  jobs: readonly Job[],
  options: CheckRunOptions,
  { interrupt, progress }: CheckWatch,
): Promise<Reports> {
  const reports: RunReport[] = [];
  for (const { loaded, run } of jobs) {
    if (interrupt.requested) break;
    progress.begin(titleOf(loaded, run));
    const onProgress: Progress['update'] = (numbers, seconds) => progress.update(numbers, seconds);
    reports.push(await checkRun(loaded, run, options, { interrupt, onProgress }));
    progress.done();
  }
  return reports;
}

/** Milliseconds between two looks at Ctrl-C. */
const INTERRUPT_INTERVAL_MS = 50;

async function inThreads(
  jobs: readonly Job[],
  options: CheckRunOptions,
  { jobs: threads, interrupt, progress }: CheckWatch,
): Promise<Reports> {
  const pool = new Tinypool({
    filename: new URL('./checkWorker.js', import.meta.url).href,
    name: 'checkTask',
    minThreads: threads,
    maxThreads: threads,
  });
  // The threads look at this word; 1: end, and say what is known.
  const ended = new Int32Array(new SharedArrayBuffer(4));
  const timer = setInterval(() => {
    if (interrupt.requested) Atomics.store(ended, 0, 1);
  }, INTERRUPT_INTERVAL_MS);
  const many = progressOfMany(progress);
  try {
    return await Promise.all(
      jobs.map(async ({ loaded, run }) => {
        const title = titleOf(loaded, run);
        const { port1, port2 } = new MessageChannel();
        port1.on('message', ({ numbers, seconds }: CheckTaskProgress) =>
          many.update(title, numbers, seconds),
        );
        const { scenario, params } = run;
        const task: CheckTask = {
          target: loaded.asTyped,
          scenario: scenario.name,
          params,
          options,
          ended,
          port: port2,
        };
        try {
          // What it returns is what `checkTask` does.
          const report = (await pool.run(task, { transferList: [port2] })) as RunReport | null;
          many.done(title);
          return report;
        } finally {
          port1.close();
        }
      }),
    );
  } finally {
    clearInterval(timer);
    await pool.destroy();
  }
}

function titleOf({ target }: LoadedTarget, { scenario, params }: PlannedRun): string {
  const defects = params.defects.length === 0 ? '' : ` with ${params.defects.join('+')}`;
  return `${target.name} ${scenario.name} ${params.slots} slots ${params.memory}${defects}`;
}
