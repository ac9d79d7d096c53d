/** What one run found out, as plain data: the text report and the JSON report are both made from it. */
import type { CheckResult, Difference, IncompleteReason, Notifications, Verdict } from '../checker/index.ts';
import type { PlainData } from '../memory/index.ts';
import type { Expectation } from '../scenarios/index.ts';
import { type ExitCode, exitCodes } from './exitCodes.ts';
import type { PlannedRun, TargetPlan } from './plan.ts';

/** A violation with the trace that shows it. */
export interface ReportedViolation {
  readonly property: string;
  readonly message: string;
  /** Steps of the counterexample. */
  readonly length: number;
  /** Of a run without end: the step with which its cycle begins, or their number; as in a trace. Else null. */
  readonly cycleStart: number | null;
  /** Path of the file, as typed from here; null when none was written. */
  readonly file: string | null;
  /** The trace itself, as parsed JSON; null when it could not be recorded. */
  readonly trace: unknown;
  /** Why it breaks under a weak memory model only; null: that was not asked, or there is nothing to say. */
  readonly difference: Difference | null;
}

export interface RunReport {
  readonly target: string;
  /** What to type for the target: its name, or the path of the user's module. */
  readonly asTyped: string;
  readonly scenario: string;
  readonly slots: number;
  readonly memory: string;
  readonly defects: readonly string[];
  readonly indexModulus: number | null;
  /** Capacity of a store buffer, and the most stores that ever waited in one. */
  readonly bufferDepth: number | null;
  readonly deepestBuffer: number;
  /** What the scenario bounds. */
  readonly scenarioBounds: Readonly<Record<string, PlainData>>;
  /** What the command line bounds. */
  readonly limits: Readonly<Record<string, number>>;
  readonly seed: number | null;
  readonly verdict: Verdict;
  readonly expected: 'proved' | readonly string[];
  readonly asExpected: boolean;
  /** The verdict as the table shows it. */
  readonly headline: string;
  /** `good` is kept for what was exhausted and is as it should be. */
  readonly tone: 'good' | 'bad' | 'unknown';
  /** Why there is no verdict, or null. */
  readonly message: string | null;
  /** The bound that was met, or null; there can be violations all the same. */
  readonly incomplete: IncompleteReason | null;
  readonly violations: readonly ReportedViolation[];
  readonly witnesses: readonly { readonly name: string; readonly reached: boolean }[];
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Schedules run, for fuzzing; null for an exhaustive search. */
  readonly schedules: number | null;
  readonly seconds: number;
  /** Most bytes that the search held, sampled between slices. */
  readonly peakMemoryBytes: number;
  /** Largest number of own accesses of each operation, over the whole space; null: not all of it was explored. */
  readonly longestOperations: Readonly<Record<string, number>> | null;
  /** What notification costs at worst; null: nobody announces messages, or it is not known. */
  readonly notifications: Notifications | null;
  readonly exitCode: ExitCode;
}

/** What is reported about one target. */
export interface TargetReport {
  readonly plan: TargetPlan;
  /** In the order run; fewer than planned after an interruption. */
  readonly runs: readonly RunReport[];
}

/** What a judgement needs to know of a result. */
export type Judged = Pick<CheckResult, 'verdict' | 'incomplete' | 'error' | 'witnesses'> & {
  readonly violations: readonly { readonly property: string }[];
};

export interface Judgement
  extends Pick<
    RunReport,
    'verdict' | 'expected' | 'asExpected' | 'headline' | 'tone' | 'message' | 'incomplete' | 'exitCode'
  > {}

/** Why a run ended early, in words. */
export function incompleteText(reason: IncompleteReason): string {
  switch (reason.kind) {
    case 'states':
      return `bound of ${reason.limit.toLocaleString('en')} states met`;
    case 'memory':
      return `bound of ${bytesText(reason.limit)} met`;
    case 'buffer':
      return `store buffer depth ${reason.depth} reached`;
    case 'messages':
      return `message limit ${reason.limit} reached at ${reason.location}`;
    case 'stopped':
      return reason.why;
    default:
      return unreachable(reason);
  }
}

/** Bytes with a unit that a person reads, and that `--max-memory` takes. */
export function bytesText(bytes: number): string {
  const steps = [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const;
  for (const [unit, size] of steps) if (bytes >= size) return `${Number((bytes / size).toFixed(1))}${unit}`;
  return `${bytes}B`;
}

/** What is expected of a run when only some of its properties are checked. */
export function expectationOf(
  { scenario, params }: PlannedRun,
  properties: readonly string[] | undefined,
): 'proved' | readonly string[] {
  const declared: Expectation = scenario.expected(params);
  if (declared === null || declared === 'proved') return 'proved';
  const checked = properties === undefined ? declared : declared.filter((name) => properties.includes(name));
  // Of properties that are not declared, nothing is expected but that they hold.
  return checked.length === 0 ? 'proved' : checked;
}

/** Compares what was found with what was expected. */
export function judge(
  result: Judged,
  options: {
    readonly expected: 'proved' | readonly string[];
    readonly defects: readonly string[];
    readonly first: boolean;
  },
): Judgement {
  const { expected, defects } = options;
  const judgement = (
    verdict: Verdict,
    asExpected: boolean,
    headline: string,
    tone: RunReport['tone'],
    exitCode: ExitCode,
    message: string | null = null,
  ): Judgement => ({
    verdict,
    expected,
    asExpected,
    headline,
    tone,
    exitCode,
    message,
    incomplete: result.incomplete,
  });
  switch (result.verdict) {
    case 'error': {
      const message = result.error?.message ?? 'the target cannot be checked';
      return judgement(
        'error',
        false,
        `error: ${result.error?.code ?? 'unknown'}`,
        'bad',
        exitCodes.error,
        message,
      );
    }
    case 'violated': {
      const broken = result.violations.map(({ property }) => property);
      const found = (name: string): boolean => broken.includes(name);
      const someExpected = expected !== 'proved' && expected.some(found);
      const asExpected = someExpected && (options.first || expected.every(found));
      // What was found stands; that there may be more is said beside it.
      const bound = result.incomplete === null ? '' : `; ${incompleteText(result.incomplete)}`;
      if (!asExpected && someExpected && defects.length === 0 && result.incomplete !== null) {
        // The others may lie beyond the bound.
        return judgement(
          'violated',
          false,
          `violated (expected so far)${bound}`,
          'unknown',
          exitCodes.incomplete,
        );
      }
      if (!asExpected) return judgement('violated', false, `violated${bound}`, 'bad', exitCodes.violation);
      // A seeded defect that shows is what was hoped for, and still a violation to whoever looks at the exit code.
      const code = defects.length > 0 ? exitCodes.violation : exitCodes.asExpected;
      return judgement('violated', true, `violated (as expected)${bound}`, 'unknown', code);
    }
    case 'incomplete': {
      const why = result.incomplete === null ? 'not finished' : incompleteText(result.incomplete);
      return judgement('incomplete', false, `incomplete: ${why}`, 'unknown', exitCodes.incomplete, why);
    }
    case 'proved': {
      if (expected !== 'proved') {
        return judgement('proved', false, 'proved (unexpected)', 'bad', exitCodes.violation);
      }
      const missing = result.witnesses.filter(({ reached }) => !reached).map(({ name }) => `"${name}"`);
      // A seeded defect may well keep the agents from getting anywhere; the sound implementation may not.
      if (missing.length === 0 || defects.length > 0) {
        return judgement('proved', true, 'proved', 'good', exitCodes.asExpected);
      }
      const message = `vacuous: never reached ${missing.join(', ')}`;
      return judgement('error', false, message, 'bad', exitCodes.error, message);
    }
    default:
      return unreachable(result.verdict);
  }
}

function unreachable(value: never): never {
  throw new Error(`internal: unexpected ${JSON.stringify(value)}`);
}
