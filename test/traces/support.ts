import type { ScheduleStep } from 'vqcheck/checker';
import { espAmp, type Scenario, type Target } from 'vqcheck/scenarios';
import { committedTraces, decodeTrace, recordTrace, type Trace } from 'vqcheck/traces';

/** The committed trace of a defect of ESP-AMP. */
export function committed(defect: string): Trace {
  return decodeTrace(committedText(defect));
}

export function committedText(defect: string): string {
  const only = { ...espAmp, defects: espAmp.defects.filter(({ name }) => name === defect) };
  const [file] = committedTraces(only);
  if (file === undefined) throw new Error(`no trace of ${defect}`);
  return file.text;
}

/** Main's agents are core 0's master and core 1's remote, in this order, in all scenarios with one queue. */
export const MASTER = 0;
export const REMOTE = 1;

export function step(who: number, choice = 0): ScheduleStep {
  return { kind: 'step', who, choice };
}

export function scheduleOf(trace: Trace): ScheduleStep[] {
  return trace.schedule.map(([kind, name, choice]) => {
    if (kind === 'drain') return { kind, who: name === 'main' ? 0 : 1, choice };
    return step(name === 'master' ? MASTER : REMOTE, choice);
  });
}

/** The same violation, found along another schedule. */
export function withSchedule(trace: Trace, schedule: readonly ScheduleStep[]): Trace {
  const { scenario, params, memory, defects, violation } = trace;
  return recordTrace({
    target: espAmp,
    scenario,
    params: { slots: params.slots },
    memory,
    defects,
    violation: { property: violation.property, message: violation.message, schedule },
  });
}

/** ESP-AMP with a defect that nobody names: its sound code is not sound. */
export function brokenTarget(defect: string): Target {
  const broken = (scenario: Scenario): Scenario => ({
    ...scenario,
    system: (params) => scenario.system({ ...params, defects: [defect] }),
  });
  return { ...espAmp, scenarios: espAmp.scenarios.map(broken) };
}
