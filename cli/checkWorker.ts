/** What a thread of `checkPool` does: one run at a time, told as plain data. */
import { performance } from 'node:perf_hooks';
import type { MessagePort } from 'node:worker_threads';
import type { ScenarioParams } from '../scenarios/index.ts';
import { type CheckRunOptions, checkRun } from './checkRun.ts';
import type { ProgressNumbers } from './report/progress.ts';
import type { RunReport } from './runReport.ts';
import { type LoadedTarget, loadTarget } from './targets.ts';

export interface CheckTask {
  /** As typed: a name, or the path of a module. */
  readonly target: string;
  readonly scenario: string;
  readonly params: ScenarioParams;
  readonly options: CheckRunOptions;
  /** Shared between threads; its word is 1 when all is to end. */
  readonly ended: Int32Array;
  /** Takes `CheckTaskProgress`. */
  readonly port: MessagePort;
}

export interface CheckTaskProgress {
  readonly numbers: ProgressNumbers;
  readonly seconds: number;
}

const PROGRESS_INTERVAL_MS = 100;
/** Once loaded, a module stays. */
const targets = new Map<string, Promise<LoadedTarget>>();

/** Null: it was not begun, as all is to end. */
export async function checkTask(task: CheckTask): Promise<RunReport | null> {
  const { ended, port } = task;
  const interrupt = {
    get requested() {
      return Atomics.load(ended, 0) === 1;
    },
  };
  if (interrupt.requested) return null;
  let loading = targets.get(task.target);
  if (loading === undefined) {
    loading = loadTarget(task.target);
    targets.set(task.target, loading);
  }
  const loaded = await loading;
  const scenario = loaded.target.scenarios.find(({ name }) => name === task.scenario);
  if (scenario === undefined) throw new Error(`internal: ${task.target} has no scenario ${task.scenario}`);
  let last = performance.now();
  try {
    return await checkRun(loaded, { scenario, params: task.params }, task.options, {
      interrupt,
      onProgress: (numbers, seconds) => {
        const now = performance.now();
        if (now - last < PROGRESS_INTERVAL_MS) return;
        last = now;
        port.postMessage({ numbers, seconds } satisfies CheckTaskProgress);
      },
    });
  } finally {
    port.close();
  }
}
